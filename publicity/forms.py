"""The sign-in form and the audit trail's search form."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from toolkit.models import AuditEvent


class SignInForm(AuthenticationForm):
    """Sign in by staff number; the sentence tells whom to ask, and never which of the two was wrong."""

    error_messages = {
        "invalid_login": _("Staff number or password is wrong. Forgotten it? Ask the publicity office or the administrator."),
        "inactive": _("This account is closed. Ask the administrator."),
    }


class AuditSearchForm(forms.Form):
    q = forms.CharField(label=_("Person or object"), required=False, max_length=60)
    since = forms.DateField(label=_("from"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def filter(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        if not self.is_valid():
            return events
        if text := self.cleaned_data["q"].strip():
            events = events.filter(Q(actor_label__icontains=text) | Q(object_label__icontains=text))
        if since := self.cleaned_data["since"]:
            events = events.filter(at__date__gte=since)
        if until := self.cleaned_data["until"]:
            events = events.filter(at__date__lte=until)
        return events
