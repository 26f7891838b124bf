"""A list page is its search form, and the export has the same rows."""

from typing import Any

import pytest
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from toolkit.models import Job, JobState
from toolkit.search import SearchForm

pytestmark = pytest.mark.django_db


class JobSearch(SearchForm):
    search_fields = ("kind", "note")
    lookups = {"state": "state", "since": "created_at__date__gte"}

    state = forms.MultipleChoiceField(choices=JobState.choices, required=False)
    since = forms.DateField(required=False)
    busy = forms.BooleanField(required=False)

    def filter_busy(self, queryset: QuerySet[Job], value: bool) -> QuerySet[Job]:
        return queryset.filter(done__gt=5)


@pytest.fixture(autouse=True)
def jobs() -> None:
    Job.objects.create(kind="export", note="护理部 义诊", done=9, state=JobState.DONE)
    Job.objects.create(kind="import", note="护理部", done=1)
    Job.objects.create(kind="export", note="儿科", done=7)


def found(query: str) -> list[str]:
    return [job.note for job in JobSearch(QueryDict(query)).filter(Job.objects.order_by("created_at"))]


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("", ["护理部 义诊", "护理部", "儿科"]),
        ("q=护理部", ["护理部 义诊", "护理部"]),
        ("q=护理部+export", ["护理部 义诊"]),
        ("state=done&state=waiting", ["护理部 义诊", "护理部", "儿科"]),
        ("state=waiting&busy=on", ["儿科"]),
        ("since=2999-01-01", []),
        ("unknown=1&page=3", ["护理部 义诊", "护理部", "儿科"]),
    ],
)
def test_every_filled_in_field_narrows_the_list(query: str, notes: list[str]) -> None:
    assert found(query) == notes


def test_a_value_that_makes_no_sense_shows_nothing_and_says_why() -> None:
    """A mistyped date silently ignored would export the whole hospital."""
    form = JobSearch(QueryDict("since=yesterday"))
    assert list(form.filter(Job.objects.all())) == []
    assert "since" in form.errors


def test_the_search_goes_on_in_links() -> None:
    form: Any = JobSearch(QueryDict("q=护理部&state=done&state=waiting&cursor=abc&since="))
    assert (
        QueryDict(form.as_query(cursor="n1")).urlencode()
        == QueryDict("q=护理部&state=done&state=waiting&cursor=n1").urlencode()
    )
    assert form.is_filtering
    assert not JobSearch(QueryDict("cursor=abc")).is_filtering


def test_a_form_without_search_fields_has_no_search_box() -> None:
    assert "q" not in SearchForm({}).fields
