"""The sign-in form and the audit trail's search form."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from publicity import audit_words
from toolkit.models import AuditEvent
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
    lookups: ClassVar[dict[str, str]] = {"action": "action"}

    q = forms.CharField(label=_("Person or object"), required=False, max_length=60)
    action = forms.ChoiceField(
        label=_("action"), required=False, choices=lambda: [("", _("All")), *audit_words.choices()]
    )
    since = forms.DateField(label=_("from"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    # Moments, not the date of each row: an index serves them.
    def filter_since(self, rows: QuerySet[AuditEvent], day: date) -> QuerySet[AuditEvent]:
        return rows.filter(at__gte=_midnight(day))

    def filter_until(self, rows: QuerySet[AuditEvent], day: date) -> QuerySet[AuditEvent]:
        return rows.filter(at__lt=_midnight(day + timedelta(days=1)))


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
