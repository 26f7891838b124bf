"""Pages by position: every row once, in order, forwards and back, also where columns are empty."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Count, Value
from django.db.models.functions import Coalesce

from tests.factories import make_user
from toolkit.models import Job
from toolkit.paging import keyset_page

pytestmark = pytest.mark.django_db
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def make_jobs(count: int) -> None:
    """Pairs share a start; every third never started; kinds come in three."""
    Job.objects.bulk_create(
        Job(
            kind=f"k{number % 3}",
            started_at=None if number % 3 == 0 else BEGIN + timedelta(microseconds=number // 2),
            created_at=BEGIN + timedelta(hours=number),
            done=number,
        )
        for number in range(count)
    )


ORDERS = [
    ("-created_at",),
    ("-started_at", "-created_at"),
    ("started_at", "-done"),
    ("-kind", "done"),
    ("kind", "-started_at", "pk"),
]


@pytest.mark.parametrize("order", ORDERS)
def test_walking_forward_and_back_meets_every_row_once(order: tuple[str, ...]) -> None:
    make_jobs(23)
    queryset = Job.objects.all()
    forward, cursor, pages = [], "", []
    while True:
        page = keyset_page(queryset, order=order, cursor=cursor, size=5)
        pages.append(page.rows)
        forward += page.rows
        if not page.next_cursor:
            break
        cursor = page.next_cursor
    assert len(forward) == 23 == len({job.pk for job in forward})
    assert sorted(forward, key=lambda job: sort_key(job, order)) == forward
    for expected in reversed(pages[:-1]):
        page = keyset_page(queryset, order=order, cursor=page.prev_cursor, size=5)
        assert page.rows == expected
    assert page.prev_cursor == ""


def sort_key(job: Job, order: tuple[str, ...]) -> list[Any]:
    """Empty values last; descending by negative rank."""
    key: list[Any] = []
    for name in order:
        value = getattr(job, name.lstrip("-"))
        rank = 0.0
        if isinstance(value, datetime):
            rank = (value - BEGIN) / timedelta(microseconds=1)
        elif isinstance(value, int):
            rank = float(value)
        elif isinstance(value, str):
            rank = float(value[1:])
        key.append((value is None, -rank if name.startswith("-") else rank))
    return key[: len(order) - (order[-1] == "pk")]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        "W10",
        base64.urlsafe_b64encode(b'["n","not a date",1]').decode(),
        "A" * 3000,
        "WyJuIixbXSx7fV0",
    ],
)
def test_a_cursor_that_makes_no_sense_gives_the_first_page(cursor: str) -> None:
    """An old link or a curious person must not see an error page."""
    make_jobs(3)
    page = keyset_page(Job.objects.all(), order=("-created_at",), cursor=cursor, size=2)
    assert [job.done for job in page.rows] == [2, 1]
    assert page.prev_cursor == ""


def test_an_empty_list_has_no_pages_beside_it() -> None:
    page = keyset_page(Job.objects.all(), order=("-created_at",), cursor="")
    assert (page.rows, page.next_cursor, page.prev_cursor) == ([], "", "")


def test_a_row_that_arrives_meanwhile_shifts_nothing() -> None:
    """With page numbers the last row of page one comes again as the first of page two."""
    make_jobs(4)
    first = keyset_page(Job.objects.all(), order=("-created_at",), size=2)
    Job.objects.create(kind="new", created_at=BEGIN + timedelta(days=9))
    second = keyset_page(Job.objects.all(), order=("-created_at",), cursor=first.next_cursor, size=2)
    assert [job.done for job in second.rows] == [1, 0]


def test_related_columns_and_computed_ones_can_order(django_assert_num_queries: Any) -> None:
    owners = [make_user(str(number), f"人{number}") for number in range(3)]
    for number in range(6):
        Job.objects.create(kind="k", owner=owners[number % 3], done=number)
    queryset = Job.objects.select_related("owner").annotate(
        of=Coalesce("owner__staff_no", Value("")), n=Count("pk")
    )
    for order in (("owner__staff_no", "-done"), ("of", "-done")):
        with django_assert_num_queries(2):
            first = keyset_page(queryset, order=order, size=4)
            second = keyset_page(queryset, order=order, cursor=first.next_cursor, size=4)
        assert [job.done for job in [*first, *second]] == [3, 0, 4, 1, 5, 2]
