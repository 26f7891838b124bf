"""People as an administrator keeps them. A password is set here and never shown again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.forms import ConfirmImportForm, ImportForm

from hospital.models import User
from hospital.permissions import check_split
from hospital.states import Role
from toolkit.uploads import check_document


class PersonForm(forms.ModelForm):
    """`acting` is who fills it in; the admin sets it."""

    acting: User

    held_roles = forms.MultipleChoiceField(
        label=gettext_lazy("roles"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    new_password = forms.CharField(
        label=gettext_lazy("New password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "Blank: a new person can't sign in yet, somebody else's password stays as it is. "
            "Tell it to the person yourself; they choose their own at the first sign-in."
        ),
    )

    class Meta:
        model = User
        fields = ["staff_no", "name", "department", "title", "is_senior", "phone", "email", "is_active"]
        labels = {"name": gettext_lazy("Name of the person"), "is_active": gettext_lazy("On the staff")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A person who may only look gets the form without its fields.
        if self.instance.pk and "held_roles" in self.fields:
            self.fields["held_roles"].initial = sorted(self.instance.roles)

    def clean_held_roles(self) -> frozenset[str]:
        """Nobody locks themselves out by mistake."""
        chosen = frozenset(self.cleaned_data["held_roles"])
        is_self = self.instance.pk == self.acting.pk and not self.acting.is_superuser
        lost = self.acting.roles - chosen if is_self else frozenset()
        if not lost.isdisjoint({Role.ADMINISTRATOR, Role.SECURITY}):
            raise ValidationError(_("You can't take the administrator's role from yourself."))
        check_split(chosen)
        return chosen

    def clean_is_active(self) -> bool:
        active = bool(self.cleaned_data["is_active"])
        if not active and self.instance.pk == self.acting.pk:
            raise ValidationError(_("You can't deactivate yourself."))
        return active

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        password = values.get("new_password")
        if password:
            try:
                validate_password(password, self.instance)
            except ValidationError as weak:
                self.add_error("new_password", weak)
        return values

    def save(self, commit: bool = True) -> Any:
        password = self.cleaned_data.get("new_password")  # absent where accounts are somebody else's
        if password:
            self.instance.set_password(password)
            # A password somebody else knows is only good for the first sign-in.
            self.instance.must_change_password = self.instance.pk != self.acting.pk
        elif self.instance.pk is None:
            self.instance.set_unusable_password()
        return super().save(commit)


class SheetUploadForm(ImportForm):
    """Size and kind are judged before anything is stored or parsed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # One format, so nothing to choose.
        self.fields["format"].widget = forms.HiddenInput()
        self.initial["format"] = "0"
        self.fields["import_file"].label = _("File (.xlsx)")
        self.fields["import_file"].widget.attrs["accept"] = ".xlsx"

    def clean_import_file(self) -> Any:
        upload = self.cleaned_data["import_file"]
        check_document(upload, allowed={"xlsx"})
        return upload


class SheetConfirmForm(ConfirmImportForm):
    """The format isn't the browser's to choose."""

    def clean_format(self) -> str:
        return "0"

    def clean_resource(self) -> str:
        return ""
