"""What comes in: the writing form, pictures, the reviewer's verdict, and the search forms of the lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from correspondents.models import Submission
from correspondents.selectors import my_departments, parts_for
from correspondents.states import Stage, SubmissionState
from hospital.models import Department, User
from plans.models import Category, QuotaItem
from toolkit.richtext import RichTextFormField
from toolkit.search import SearchForm
from toolkit.uploads import ImageUploadField


class PartChoice(forms.ModelChoiceField):
    def label_from_instance(self, obj: QuotaItem) -> str:
        return f"{obj.category} · {obj.label}"


class DraftForm(forms.ModelForm):
    """The writing form. Everything may be empty while writing; `Submission.missing` says what submitting needs."""

    body = RichTextFormField(label=_("Text"), required=False)
    part = PartChoice(
        QuotaItem.objects.none(), label=_("Counts towards"), required=False, empty_label=_("the whole target")
    )

    class Meta:
        model = Submission
        fields = ["title", "category", "genre", "event_on", "department", "part", "body"]
        widgets = {
            "event_on": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            "title": forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "next"}),
        }

    # An unfinished draft is saved too, so the browser must not insist.
    use_required_attribute = False

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        draft = self.instance
        categories = Category.objects.for_drafts()
        if draft.category_id:
            categories = Category.objects.filter(Q(pk__in=categories.values("pk")) | Q(pk=draft.category_id))
        self.fields["category"].label = _("Category")
        self.fields["category"].queryset = categories  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["event_on"].widget.attrs["max"] = timezone.localdate().isoformat()
        self.fields["title"].error_messages["max_length"] = str(
            _(
                "The title is longer than %(limit_value)d characters. Please shorten it; a long one fits the text."
            )
        )
        self._offer_departments(user)
        self._offer_parts()
        self.fields["body"].widget.attrs |= {"rows": 9, "data-autosize": ""}
        self.fields["body"].widget.attrs["data-upload-url"] = reverse("drafts:upload", args=[draft.form_key])

    def _offer_departments(self, user: User) -> None:
        """Asked only of somebody who writes for several departments, and only until the first submission."""
        mine = my_departments(user)
        self.departments = list(mine)
        if self.instance.submitted_at or len(self.departments) < 2:
            del self.fields["department"]
            return
        pks = {department.pk for department in self.departments} | {self.instance.department_id}
        field = self.fields["department"]
        field.queryset = Department.objects.filter(pk__in=pks)  # type: ignore[attr-defined]  # a ModelChoiceField
        field.empty_label = None  # type: ignore[attr-defined]  # a ModelChoiceField

    def _offer_parts(self) -> None:
        departments = {department.pk for department in self.departments} | {self.instance.department_id}
        parts = parts_for(departments, year=timezone.localdate().year)
        self.parts = list(parts)
        if self.instance.part_id and self.instance.part_id not in {part.pk for part in self.parts}:
            parts = QuotaItem.objects.filter(
                Q(pk__in=[p.pk for p in self.parts]) | Q(pk=self.instance.part_id)
            )
            self.parts = list(parts.select_related("category", "department"))
        if not self.parts:
            del self.fields["part"]
            return
        self.fields["part"].queryset = parts  # type: ignore[attr-defined]  # a ModelChoiceField
        # The script hides the question while another category is chosen.
        self.fields["part"].widget.attrs["data-categories"] = ",".join(
            sorted({str(part.category_id) for part in self.parts})
        )

    def clean_part(self) -> QuotaItem | None:
        """A part of another category or department is no part of this piece; changing the category drops it."""
        part: QuotaItem | None = self.cleaned_data.get("part")
        category = self.cleaned_data.get("category")
        department = self.cleaned_data.get("department") or self.instance.department
        if part is None or category is None or part.category_id != category.pk:
            return None
        return part if part.department_id == department.pk else None

    def mark_needed(self) -> None:
        """Star what submitting needs. Only for drawing the form: saving asks for none of it."""
        for name in ("title", "category", "event_on", "body"):
            self.fields[name].required = True
        self.fields["genre"].required = False

    def changes(self) -> dict[str, Any]:
        """What can be saved of what was written, also while another field still has something wrong."""
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}

    @property
    def has_words(self) -> bool:
        return bool(self.cleaned_data.get("title") or self.cleaned_data.get("body"))


class PictureForm(forms.Form):
    picture = ImageUploadField(label=_("Picture"))
    caption = forms.CharField(label=_("Caption"), required=False, max_length=200)


class ReviewForm(forms.Form):
    """The verdict, with what the reviewer's page showed."""

    ACTIONS = ("pass", "return", "decline", "forward")
    REASONS = [
        ("facts", _("Please add time, place, people and figures.")),
        ("pictures", _("Please add clear pictures with captions.")),
        ("heading", _("The heading doesn't say what is new.")),
        ("names", _("Please check names, titles and department names.")),
        ("wording", _("Please avoid exaggerated or advertising words.")),
        ("late", _("The event is too long ago for a news item.")),
    ]

    action = forms.ChoiceField(choices=[(action, action) for action in ACTIONS])
    reasons = forms.MultipleChoiceField(
        label=_("Common reasons"), choices=REASONS, required=False, widget=forms.CheckboxSelectMultiple
    )
    opinion = forms.CharField(
        label=_("Opinion"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    revision = forms.IntegerField(widget=forms.HiddenInput)
    stage = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)

    def note(self) -> str:
        """The ticked reasons, one a line, and what was written besides."""
        words = dict(self.REASONS)
        lines = [str(words[code]) for code in self.cleaned_data["reasons"]]
        return "\n".join([*lines, self.cleaned_data["opinion"].strip()]).strip()


class SubmissionSearch(SearchForm):
    """Filters of the drafts lists."""

    search_fields = ("title",)
    lookups = {"state": "state", "category": "category", "department": "department"}

    state = forms.ChoiceField(label=_("State"), required=False)
    category = forms.ModelChoiceField(Category.objects.all(), label=_("Category"), required=False)
    department = forms.ModelChoiceField(Department.objects.active(), label=_("Department"), required=False)

    def __init__(self, *args: Any, with_departments: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["q"].label = _("Words of the title")
        self.fields["state"].choices = [("", _("Any state")), *SubmissionState.choices]  # type: ignore[attr-defined]
        self.fields["category"].empty_label = _("Any category")  # type: ignore[attr-defined]
        self.fields["department"].empty_label = _("Any department")  # type: ignore[attr-defined]
        if not with_departments:
            del self.fields["department"]
