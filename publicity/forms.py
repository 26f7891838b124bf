"""The sign-in form and the audit trail's search form."""

from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from toolkit.search import SearchForm


class SignInForm(AuthenticationForm):
    """Sign in by staff number; the sentence tells whom to ask, and never which of the two was wrong."""

    error_messages = {
        "invalid_login": _(
            "Staff number or password is wrong. Forgotten it? Ask the publicity office or the administrator."
        ),
        "inactive": _("This account is closed. Ask the administrator."),
    }


class AuditSearchForm(SearchForm):
    search_fields = ("actor_label", "object_label")
    lookups: ClassVar[dict[str, str]] = {"since": "at__date__gte", "until": "at__date__lte"}

    q = forms.CharField(label=_("Person or object"), required=False, max_length=60)
    since = forms.DateField(label=_("from"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
