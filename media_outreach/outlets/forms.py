"""Search of placements, logging one, its proofs, and outlets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from correspondents.models import Submission
from correspondents.states import Genre
from hospital.models import Department, User
from media_outreach.outlets.links import LONGEST, tidy_link
from media_outreach.outlets.models import Credit, Outlet, Placement
from media_outreach.outlets.proofs import Proof, read_proof
from media_outreach.outlets.selectors import parts_for_placements
from media_outreach.outlets.services import placement_log
from media_outreach.outlets.states import PlacementState
from plans.models import QuotaItem
from plans.states import Level, Medium
from toolkit.search import SearchForm

MOST_PROOFS = 6
_MONTH = re.compile(r"^(20\d\d|2100)-?(0[1-9]|1[0-2])$")
ANY = ("", gettext_lazy("All"))


class DateInput(forms.DateInput):
    """The browser's own date picker wants the ISO form whatever the page's language."""

    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs=attrs, format="%Y-%m-%d")


class LinkField(forms.CharField):
    """An address of http or https, always written the same way."""

    def __init__(self, **kwargs: Any) -> None:
        # No input type "url": browsers refuse "mp.weixin.qq.com/s/…" in their own words before we can complete it.
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}))
        super().__init__(max_length=LONGEST * 2, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        return tidy_link(super().clean(value))


class ProofInput(forms.FileInput):
    allow_multiple_selected = True

    def __init__(self) -> None:
        kinds = "image/jpeg,image/png,image/webp,image/gif,application/pdf,.pdf"
        super().__init__(attrs={"multiple": True, "accept": kinds})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        getlist = getattr(files, "getlist", None)
        return getlist(name) if callable(getlist) else files.get(name)


class ProofsField(forms.FileField):
    """Cleans to a list of Proof; every file that can't be taken is named."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=ProofInput(), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Proof]:
        uploads = list(data) if isinstance(data, list | tuple) else [data] if data else []
        if self.required and not uploads:
            raise ValidationError(_("Please choose a picture or a PDF."), code="required")
        if len(uploads) > MOST_PROOFS:
            raise ValidationError(
                _("Please choose at most %(count)s files at a time.") % {"count": MOST_PROOFS}
            )
        proofs, wrong = [], []
        for upload in uploads:
            try:
                proofs.append(read_proof(upload))
            except ValidationError as refused:
                wrong.append(refused)
        if wrong:
            raise ValidationError(wrong)
        return proofs


class OutletChoice(forms.ModelChoiceField):
    """Searchable by name, level and medium, because the option's words hold all three."""

    def label_from_instance(self, outlet: Any) -> str:
        return f"{outlet.name}（{outlet.get_level_display()} · {outlet.get_medium_display()}）"


def people() -> QuerySet[User]:
    return User.objects.active().select_related("department").order_by("staff_no")


def person_label(person: User) -> str:
    return f"{person.name} {person.staff_no} {person.department or ''}".strip()


class PersonChoice(forms.ModelChoiceField):
    def label_from_instance(self, person: Any) -> str:
        return person_label(person)


class PeopleChoice(forms.ModelMultipleChoiceField):
    """Several people in the order they were chosen."""

    def label_from_instance(self, person: Any) -> str:
        return person_label(person)

    def clean(self, value: Any) -> Any:
        people = {str(person.pk): person for person in super().clean(value)}
        return [people[str(key)] for key in dict.fromkeys(value or []) if str(key) in people]


class PlacementSearch(SearchForm):
    search_fields = ("headline",)
    lookups: ClassVar[dict[str, str]] = {
        "outlet": "outlet",
        "level": "outlet__level",
        "medium": "outlet__medium",
        "state": "state",
        "department": "department",
        "month": "ym",
    }

    month = forms.CharField(
        label=gettext_lazy("Month of publication"),
        required=False,
        max_length=7,
        widget=forms.TextInput(attrs={"type": "month"}),
    )
    outlet = forms.ModelChoiceField(
        label=gettext_lazy("Outlet"),
        required=False,
        queryset=Outlet.objects.all(),
        empty_label=gettext_lazy("All"),
        widget=forms.Select(attrs={"data-search": ""}),
    )
    level = forms.ChoiceField(label=gettext_lazy("Level"), required=False, choices=[ANY, *Level.choices])
    medium = forms.ChoiceField(label=gettext_lazy("Medium"), required=False, choices=[ANY, *Medium.choices])
    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False, choices=[ANY, *PlacementState.choices]
    )
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"),
        required=False,
        queryset=Department.objects.all(),
        empty_label=gettext_lazy("All"),
        widget=forms.Select(attrs={"data-search": ""}),
    )

    def clean_month(self) -> int | None:
        text = self.cleaned_data["month"].strip()
        if not text:
            return None
        found = _MONTH.match(text)
        if not found:
            raise ValidationError(_("Please write the month as 2026-03."))
        return int(found[1]) * 100 + int(found[2])

    def filter_q(self, queryset: QuerySet[Any], text: str) -> QuerySet[Any]:
        """Every word in the headline or in the name of somebody credited."""
        for word in text.split()[:5]:
            credited = Credit.objects.filter(person__name__icontains=word).values("placement")
            queryset = queryset.filter(Q(headline__icontains=word) | Q(pk__in=credited))
        return queryset


class PartChoice(forms.ModelChoiceField):
    def label_from_instance(self, part: Any) -> str:
        return f"{part.department} · {part.category} · {part.label}（{part.plan.year}）"


class LogForm(forms.Form):
    """Where a piece ran. With a draft the department and the authors are the draft's and aren't asked for."""

    outlet = OutletChoice(
        label=gettext_lazy("Outlet"),
        queryset=Outlet.objects.active(),
        empty_label=gettext_lazy("Choose an outlet"),
        widget=forms.Select(attrs={"data-search": ""}),
    )
    headline = forms.CharField(
        label=gettext_lazy("Headline"),
        max_length=150,
        help_text=gettext_lazy("As it was published; it may differ from the draft's title."),
    )
    published_on = forms.DateField(label=gettext_lazy("Published on"), widget=DateInput())
    genre = forms.ChoiceField(label=gettext_lazy("Genre"), choices=Genre.choices)
    url = LinkField(
        label=gettext_lazy("Link"), help_text=gettext_lazy("Link or page: one of them is needed.")
    )
    page = forms.CharField(
        label=gettext_lazy("Page or programme"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": gettext_lazy("e.g. page A3, or the evening news")}),
    )
    department = forms.ModelChoiceField(
        label=gettext_lazy("Department"),
        queryset=Department.objects.active(),
        empty_label=gettext_lazy("Choose a department"),
        widget=forms.Select(attrs={"data-search": ""}),
    )
    first_author = PersonChoice(
        label=gettext_lazy("First author"),
        queryset=people(),
        empty_label=gettext_lazy("Choose a person"),
        widget=forms.Select(attrs={"data-search": ""}),
    )
    other_authors = PeopleChoice(
        label=gettext_lazy("Other authors"),
        queryset=people(),
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
    )
    part = PartChoice(
        label=gettext_lazy("Counts towards"),
        queryset=QuotaItem.objects.none(),
        required=False,
        empty_label=gettext_lazy("the whole target"),
    )
    is_paid = forms.BooleanField(
        label=gettext_lazy("Paid or co-operation page"),
        required=False,
        help_text=gettext_lazy("Is counted, but never rewarded."),
    )
    evidence = ProofsField(
        label=gettext_lazy("Proof"),
        required=False,
        help_text=gettext_lazy(
            "Scan, screenshot or PDF, several at once; can be added later, before verifying."
        ),
    )

    def __init__(
        self, *args: Any, submission: Submission | None = None, like: Placement | None = None, **kwargs: Any
    ) -> None:
        self.submission = submission or (like.submission if like else None)
        kwargs["initial"] = self._initial(self.submission, like) | kwargs.get("initial", {})
        kwargs["use_required_attribute"] = False
        super().__init__(*args, **kwargs)
        self.fields["published_on"].widget.attrs["max"] = timezone.localdate().isoformat()
        if self.submission:
            for name in ("department", "first_author", "other_authors"):
                del self.fields[name]
        self._offer_parts()

    def _offer_parts(self) -> None:
        """Asked only where a quota tells parts apart, as 县电视台 does with 新闻 and 专题."""
        parts = parts_for_placements(self.submission.department_id if self.submission else None)
        if parts.exists():
            self.fields["part"].queryset = parts  # type: ignore[attr-defined]  # a ModelChoiceField
        else:
            del self.fields["part"]

    @staticmethod
    def _initial(submission: Submission | None, like: Placement | None) -> dict[str, Any]:
        source = like or submission
        initial: dict[str, Any] = {"published_on": timezone.localdate()}
        if like is not None:
            authors = [credit.person_id for credit in like.credits.all()]
            initial |= {"first_author": authors[0] if authors else None, "other_authors": authors[1:]}
        if source is not None:
            initial["headline"] = like.headline if like else submission.title if submission else ""
            initial |= {"genre": source.genre, "department": source.department_id}
        return initial

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("url") and not values.get("page") and "url" not in self.errors:
            self.add_error(
                "url", _("Please give the link, or the page or programme below: one of them is needed.")
            )
        if self.errors and self.files:
            self.add_error("evidence", _("Please choose the files again: a browser doesn't keep them."))
        return values

    def save(self, *, actor: User) -> Placement:
        """Raises ValidationError (by field), DuplicatePlacement or MoveRefused."""
        values = dict(self.cleaned_data)
        first = values.pop("first_author", None)
        others: Sequence[User] = values.pop("other_authors", [])
        credits = None if self.submission else [first, *others]
        return placement_log(actor=actor, submission=self.submission, credits=credits, **values)


class EvidenceForm(forms.Form):
    evidence = ProofsField(label=gettext_lazy("Scan, screenshot or PDF"))


class OutletForm(forms.ModelForm):
    url = LinkField(label=gettext_lazy("Address"))

    class Meta:
        model = Outlet
        fields = ["name", "level", "medium", "is_owned", "url", "is_active"]
        error_messages = {"name": {"unique": gettext_lazy("There is an outlet of this name already.")}}

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())


class OutletSearch(SearchForm):
    search_fields = ("name",)
    lookups: ClassVar[dict[str, str]] = {"level": "level", "medium": "medium"}

    level = forms.ChoiceField(label=gettext_lazy("Level"), required=False, choices=[ANY, *Level.choices])
    medium = forms.ChoiceField(label=gettext_lazy("Medium"), required=False, choices=[ANY, *Medium.choices])


class PieceSearch(SearchForm):
    """Accepted drafts by title, to log where one of them ran."""

    search_fields = ("title",)
