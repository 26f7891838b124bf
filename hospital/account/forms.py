"""Forms of the account pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospital.models import User


class OwnPasswordForm(PasswordChangeForm):
    """The new password must be another one than the old."""

    def clean_new_password1(self) -> str:
        new = str(self.cleaned_data["new_password1"])
        if new and new == self.cleaned_data.get("old_password"):
            raise ValidationError(_("Please choose another password than the one you had."))
        return new

    def save(self, commit: bool = True) -> Any:
        """Nothing: the service saves, together with what belongs to it."""
        return self.user


class CodeForm(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none"}
        ),
    )


class RecoverableCodeForm(CodeForm):
    """A recovery code has letters too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.pop("inputmode")
        self.fields["code"].help_text = _("Six digits from the app, or one of your recovery codes.")


class CardForm(forms.Form):
    """Spaces and hyphens may stand between the digits; blank takes the card away."""

    bank_card = forms.CharField(
        label=gettext_lazy("bank card"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=gettext_lazy("12 to 19 digits. Blank takes the card away."),
    )

    def clean_bank_card(self) -> str:
        text = "".join(self.cleaned_data["bank_card"].split()).replace("-", "")
        if text:
            User._meta.get_field("bank_card").run_validators(text)
        return text
