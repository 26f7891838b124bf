"""Search in the ledger, the period of a batch, and a new version of the reward scheme."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from hospital.models import Department
from rewards.models import Entry, SchemeVersion
from rewards.regulation import LONGEST_TEXT
from rewards.states import EntryKind
from toolkit.months import make_ym, month_of, this_month, year_of
from toolkit.refusals import noted
from toolkit.search import M, SearchForm

MONTHS = [(month, str(month)) for month in range(1, 13)]


class LedgerSearchForm(SearchForm):
    """Filters of the ledger. `years`: what to offer, newest first."""

    search_fields = ("person__name", "person__staff_no", "title")
    lookups = {"department": "department", "kind": "kind"}

    year = forms.TypedChoiceField(label=_("Year"), required=False, coerce=int, empty_value=None)
    month = forms.TypedChoiceField(label=_("Month"), required=False, coerce=int, empty_value=None)
    department = forms.ModelChoiceField(
        label=_("Department"),
        required=False,
        queryset=Department.objects.all(),
        empty_label=_("All departments"),
    )
    kind = forms.ChoiceField(
        label=_("Kind"), required=False, choices=[("", _("All kinds")), *EntryKind.choices]
    )
    all = forms.BooleanField(label=_("With pieces no article names"), required=False)

    def __init__(self, data: Any = None, *args: Any, years: list[int] | None = None, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        offered = years or [timezone.localdate().year]
        self.fields["q"].label = _("Name, staff no. or title")
        self.fields["year"].choices = [("", _("All years")), *((year, str(year)) for year in offered)]  # type: ignore[attr-defined]  # a choice field
        self.fields["month"].choices = [("", _("All months")), *MONTHS]  # type: ignore[attr-defined]  # a choice field

    def filter(self, queryset: QuerySet[M]) -> QuerySet[M]:
        """Pieces that no article names only when asked for: in a year they are most of what is published."""
        found: Any = super().filter(queryset)
        shown: QuerySet[M] = found if self.is_valid() and self.cleaned_data["all"] else found.telling()
        return shown

    def filter_year(self, entries: QuerySet[Entry], year: int) -> QuerySet[Entry]:
        return entries.filter(ym__gte=year * 100 + 1, ym__lte=year * 100 + 12)

    def filter_month(self, entries: QuerySet[Entry], month: int) -> QuerySet[Entry]:
        """Of the chosen year, or of this one."""
        year = self.cleaned_data.get("year") or timezone.localdate().year
        return entries.filter(ym=make_ym(year, month))


class PayoutForm(forms.Form):
    """The months a batch pays. One year at a time: that is how the ledger is settled and finance files it."""

    year = forms.TypedChoiceField(label=_("Year"), coerce=int)
    first = forms.TypedChoiceField(label=_("First month"), coerce=int, choices=MONTHS)
    last = forms.TypedChoiceField(label=_("Last month"), coerce=int, choices=MONTHS)

    def __init__(self, *args: Any, years: list[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [(year, str(year)) for year in years]  # type: ignore[attr-defined]  # a choice field
        now = this_month()
        self.initial = {"year": year_of(now), "first": 1, "last": month_of(now), **self.initial}

    @property
    def ym_from(self) -> int:
        return make_ym(self.cleaned_data["year"], self.cleaned_data["first"])

    @property
    def ym_to(self) -> int:
        return make_ym(self.cleaned_data["year"], self.cleaned_data["last"])


class SchemeForm(forms.Form):
    """A scheme's YAML text with its number and day. On the second step the text comes back in `text`."""

    file = forms.FileField(label=_("Scheme file (YAML)"), required=False)
    text = forms.CharField(required=False, widget=forms.HiddenInput, max_length=LONGEST_TEXT, strip=False)
    number = forms.IntegerField(label=_("Version number"), min_value=1, max_value=9999)
    effective_from = forms.DateField(
        label=_("In force from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    document_number = forms.CharField(label=_("Document number"), required=False, max_length=60)
    department = forms.ModelChoiceField(
        label=_("Department whose staff are rewarded only beyond their own quota"),
        required=False,
        queryset=Department.objects.active(),
        empty_label=_("None"),
    )
    quota = forms.IntegerField(
        label=_("Their quota: pieces per person and year"), required=False, min_value=1, max_value=10_000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = SchemeVersion.objects.order_by("-number").values_list("number", flat=True).first()
        self.initial = {"number": (newest or 0) + 1, **self.initial}

    @noted("file")
    def clean_file(self) -> str:
        upload = self.cleaned_data["file"]
        if not upload:
            return ""
        if upload.size > LONGEST_TEXT:
            raise ValidationError(
                _now("The file is larger than 64 KB; a reward scheme is much shorter. Please check the file.")
            )
        try:
            text: str = upload.read().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise ValidationError(_now("The file is not UTF-8 text. Please save it as UTF-8.")) from error
        return text

    def clean_effective_from(self) -> date:
        day: date = self.cleaned_data["effective_from"]
        if not 2000 <= day.year <= 2100:
            raise ValidationError(_now("Please check the year."))
        return day

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        cleaned["text"] = cleaned.get("file") or cleaned.get("text") or ""
        if not cleaned["text"].strip() and "file" not in self.errors:
            self.add_error("file", _now("Please choose the scheme file."))
        if bool(cleaned.get("department")) != bool(cleaned.get("quota")) and "quota" not in self.errors:
            self.add_error("quota", _now("Please fill in both the department and its quota, or neither."))
        return cleaned

    @property
    def exemptions(self) -> list[tuple[Department, int]]:
        department = self.cleaned_data.get("department")
        return [(department, self.cleaned_data["quota"])] if department else []
