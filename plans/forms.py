"""What people type about plans, quotas and pieces."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hospital.models import Department
from plans.imports import KINDS
from plans.models import Category, Plan
from plans.services import MOST_LOGGED_AT_ONCE, SectionText
from plans.states import Counts, Level, Medium, PlanState
from toolkit.refusals import noted
from toolkit.richtext import RichTextFormField
from toolkit.uploads import max_document_bytes

FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_SECTIONS = 40


class PlanCreateForm(forms.Form):
    year = forms.IntegerField(
        label=_("Year"), validators=[MinValueValidator(FIRST_YEAR), MaxValueValidator(LAST_YEAR)]
    )
    based_on = forms.ModelChoiceField(
        label=_("Begin with"),
        queryset=Plan.objects.none(),
        required=False,
        empty_label=_("Empty, with the usual sections"),
        help_text=_(
            "An earlier plan brings its text and its quotas; you change what is different this year."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["based_on"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker only
        field.queryset = Plan.objects.filter(state__in=[PlanState.APPROVED, PlanState.ARCHIVED])


class PlanForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=120)
    number = forms.CharField(
        label=_("Document number"), max_length=60, required=False, help_text=_("For example 院发〔2026〕3号")
    )
    guiding_idea = RichTextFormField(label=_("Guiding idea"), required=False)
    version = forms.IntegerField(widget=forms.HiddenInput)


class SectionForm(forms.Form):
    order = forms.IntegerField(label=_("Number"), required=False, min_value=0, max_value=999)
    heading = forms.CharField(label=_("Heading"), max_length=120, required=False)
    body = RichTextFormField(label=_("Text"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("body") and not cleaned.get("heading"):
            self.add_error("heading", _("A section needs a heading."))
        return cleaned


SectionFormSet = forms.formset_factory(
    SectionForm,
    extra=1,
    can_delete=True,
    max_num=MOST_SECTIONS,
    validate_max=True,
)


def written_sections(formset: forms.BaseFormSet[SectionForm]) -> list[SectionText]:
    """The filled-in sections by their numbers; equal or missing numbers keep the form's order."""
    kept = [
        form.cleaned_data
        for form in formset.forms
        if form.cleaned_data.get("heading") and not form.cleaned_data.get("DELETE")
    ]
    kept.sort(key=lambda data: MOST_SECTIONS * 100 if data.get("order") is None else data["order"])
    return [SectionText(data["heading"], data["body"]) for data in kept]


class QuotaUploadForm(forms.Form):
    file = forms.FileField(
        label=_("Quota table"),
        widget=forms.FileInput(attrs={"accept": ",".join(f".{kind}" for kind in KINDS)}),
        help_text=_("The table as you have it: Excel (.xlsx), Word (.docx) or .csv."),
        error_messages={"empty": _("The file is empty. Please choose another.")},
    )

    @noted("file")
    def clean_file(self) -> Any:
        """The size is judged before anything is read."""
        upload = self.cleaned_data["file"]
        if upload.size > max_document_bytes():
            raise forms.ValidationError(
                _("The file is larger than %(size)s MB. Please choose a smaller one."),
                params={"size": max_document_bytes() // 1024 // 1024},
            )
        return upload


class DeliveryLogForm(forms.Form):
    """What only the office knows of: posts on an account, and the like."""

    category = forms.ModelChoiceField(label=_("Category"), queryset=Category.objects.none(), empty_label=None)
    department = forms.ModelChoiceField(label=_("Department"), queryset=Department.objects.none())
    happened_on = forms.DateField(
        label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    title = forms.CharField(label=_("What"), max_length=200)
    count = forms.IntegerField(label=_("How many"), min_value=1, max_value=MOST_LOGGED_AT_ONCE, initial=1)
    form_key = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        today = timezone.localdate()
        # Each form has its own number, so that one posted twice counts once; the low digits number its pieces.
        fresh = secrets.randbelow(2**55) * 100 + 100
        kwargs["initial"] = {"happened_on": today, "form_key": fresh, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        choices = {"category": loggable(), "department": Department.objects.active()}
        for name, queryset in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker only
            field.queryset = queryset

    def clean_happened_on(self) -> Any:
        day = self.cleaned_data["happened_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This date lies in the future."))
        return day


def loggable() -> Any:
    return Category.objects.active().filter(counts=Counts.LOGGED)


class MatrixForm(forms.Form):
    """The matrix's address: which year, which category, and whether only those behind are shown."""

    year = forms.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR, required=False)
    category = forms.ModelChoiceField(
        queryset=Category.objects.active(), to_field_name="code", required=False
    )
    behind = forms.BooleanField(required=False)


class CellForm(forms.Form):
    """A cell's address."""

    year = forms.IntegerField(min_value=FIRST_YEAR, max_value=LAST_YEAR)
    category = forms.ModelChoiceField(queryset=Category.objects.all(), to_field_name="code")
    department = forms.ModelChoiceField(queryset=Department.objects.all())
    month = forms.IntegerField(min_value=1, max_value=12, required=False)
    part = forms.CharField(max_length=40, required=False)


class DecisionForm(forms.Form):
    """A leader's decision on a submitted plan."""

    action = forms.ChoiceField(choices=[("approve", _("Approve")), ("return", _("Return for changes"))])
    note = forms.CharField(
        label=_("Opinion"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Needed when you return the plan."),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("action") == "return" and not (cleaned.get("note") or "").strip():
            self.add_error("note", _("Please write what has to be changed before you return the plan."))
        return cleaned


class CategoryForm(forms.ModelForm):
    """The category in the admin: levels and media are ticked, not written as code."""

    class Meta:
        model = Category
        fields = (
            "name",
            "code",
            "unit",
            "counts",
            "levels",
            "media",
            "for_drafts",
            "needs_supervisor",
            "order",
            "is_active",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Made here and not declared above, since a form already has an attribute called media.
        for name, choices in (("levels", Level.choices), ("media", Medium.choices)):
            if name not in self.fields:  # whoever only reads gets no fields
                continue
            self.fields[name] = forms.MultipleChoiceField(
                label=self.fields[name].label,
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                help_text=_("For categories that count placements; none ticked means any."),
            )
