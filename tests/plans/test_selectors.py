"""The matrix's numbers, its cells, and how departments stand."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from plans.models import Delivery
from plans.pace import Standing, elapsed
from plans.selectors import behind, cell, department_progress, matrix, overall, parts_of
from plans.services import plan_amend, plan_move, reverse_delivery
from plans.states import Pace
from tests.factories import Cast
from tests.plans.factories import category, deliver, make_ruling, many_departments

pytestmark = pytest.mark.django_db

MIDSUMMER = datetime(2026, 7, 2, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
"""Day 183 of 365."""


def test_pace_is_plain_arithmetic() -> None:
    day = elapsed(year=2026, on=date(2026, 7, 2))
    assert (day.days, day.of) == (183, 365)
    half = Standing(12, 3, day)
    assert (half.expected, half.lag, half.gap, half.pace) == (6, 3, 9, Pace.BEHIND)
    assert (half.forecast, half.percent, half.needed_per_month) == (5, 25, 2)
    assert Standing(12, 0, day).pace == Pace.SILENT
    assert Standing(12, 6, day).pace == Pace.ON_TRACK
    assert Standing(12, 12, day).pace == Pace.MET
    # A single piece is expected from the middle of the year on, or a silent department would never be reminded.
    assert Standing(1, 0, elapsed(year=2026, on=date(2026, 7, 1))).pace == Pace.ON_TRACK
    assert Standing(1, 0, elapsed(year=2026, on=date(2026, 7, 2))).pace == Pace.SILENT


def test_before_and_after_the_year_nothing_or_everything_is_expected() -> None:
    assert Standing(12, 0, elapsed(year=2027, on=date(2026, 7, 2))).expected == 0
    over = Standing(12, 11, elapsed(year=2025, on=date(2026, 7, 2)))
    assert (over.expected, over.forecast, over.needed_per_month) == (12, 11, 0)
    assert elapsed(year=2028, on=date(2028, 12, 31)).days == 366


def test_the_matrix_counts_by_department_month_and_part(cast: Cast) -> None:
    plan = make_ruling(cast)
    part = plan.quotas.get(label="专题")
    deliver(cast.nursing, date(2026, 3, 8), pieces=2)
    deliver(cast.nursing, date(2026, 5, 12), part=part)
    deliver(cast.office, date(2026, 5, 1))
    deliver(cast.nursing, date(2025, 5, 12))
    deliver(cast.nursing, date(2026, 5, 12), code="weibo", kind="manual")
    found = matrix(year=2026, at=MIDSUMMER)
    assert found.category == category("info")
    assert found.totals[category("info").pk] == 14
    assert found.totals[category("weibo").pk] == 120
    assert [(row.department.name, row.target, row.delivered) for row in found.rows] == [
        ("护理部", 12, 3),
        ("儿科住院部", 2, 0),
        ("宣传科", 0, 1),
    ]
    assert found.rows[0].months == [0, 0, 2, 0, 1, 0, 0, 0, 0, 0, 0, 0]
    [child] = found.rows[0].children
    assert (child.part, child.target, child.delivered) == ("专题", 4, 1)
    assert found.months[4] == 2
    assert [row.department.name for row in found.behind] == ["护理部", "儿科住院部"]


def test_every_cell_equals_its_list(cast: Cast) -> None:
    """A number nobody can account for would end the office's trust in the table."""
    plan = make_ruling(cast)
    part = plan.quotas.get(label="专题")
    deliver(cast.nursing, date(2026, 3, 8), pieces=3, part=part)
    deliver(cast.nursing, date(2026, 3, 9), pieces=2)
    deliver(cast.pediatrics, date(2026, 12, 31))
    taken_back = deliver(cast.nursing, date(2026, 3, 9))[0]
    reverse_delivery(source_kind="submission", source_id=taken_back.source_id or 0, actor=None, note="误")
    found = matrix(year=2026, category=category("info"))
    for row in [*found.rows, *(child for top in found.rows for child in top.children)]:
        for month in range(1, 13):
            listed = cell(
                year=2026, category=row.category, department=row.department, month=month, part=row.part
            )
            assert listed.count() == row.months[month - 1]
        whole = cell(year=2026, category=row.category, department=row.department, part=row.part)
        assert whole.count() == row.delivered
    assert found.delivered == 6


def test_parts_stay_counted_when_an_amendment_replaces_the_quota(cast: Cast) -> None:
    plan = make_ruling(cast)
    deliver(cast.nursing, date(2026, 3, 8), part=plan.quotas.get(label="专题"))
    copy = plan_amend(plan=plan, actor=cast.editor)
    plan_move(plan=copy, action="submit", actor=cast.editor)
    plan_move(plan=copy, action="approve", actor=cast.leader)
    found = matrix(year=2026)
    [child] = found.rows[0].children
    assert child.quota is not None
    assert child.quota.plan == copy
    assert child.delivered == 1


def test_a_year_without_plan_shows_what_was_delivered(cast: Cast) -> None:
    category()
    deliver(cast.nursing, date(2025, 3, 8))
    found = matrix(year=2025)
    assert found.plan is None
    assert [(row.department.name, row.target, row.delivered) for row in found.rows] == [("护理部", 0, 1)]


def test_progress_names_who_is_behind_the_furthest_first(cast: Cast) -> None:
    make_ruling(cast)
    deliver(cast.nursing, date(2026, 3, 8), pieces=4)
    deliver(cast.pediatrics, date(2026, 4, 8), pieces=1)
    late = behind(at=MIDSUMMER)
    assert [(x.department.name, x.category.code, x.standing.lag) for x in late] == [
        ("护理部", "weibo", 60),
        ("护理部", "info", 2),
    ]
    rows = department_progress(at=MIDSUMMER, category=category("info"))
    total = overall(rows)
    assert total is not None
    assert (total.target, total.delivered, total.expected) == (14, 5, 7)
    assert department_progress(at=MIDSUMMER, departments=[cast.office]) == []


def test_later_months_dont_count_for_an_earlier_day(cast: Cast) -> None:
    make_ruling(cast)
    deliver(cast.nursing, date(2026, 9, 8), pieces=4)
    [row] = department_progress(on=date(2026, 7, 2), category=category("info"), departments=[cast.nursing])
    assert row.standing.delivered == 0


def test_the_parts_a_new_piece_may_count_towards(cast: Cast) -> None:
    make_ruling(cast)
    assert [part.label for part in parts_of(cast.nursing, category("info"), at=MIDSUMMER)] == ["专题"]
    assert parts_of(cast.pediatrics, category("info"), at=MIDSUMMER) == []


@pytest.mark.parametrize("departments", [1, 300])
def test_matrix_and_progress_cost_the_same_at_any_size(cast: Cast, departments: int) -> None:
    plan = make_ruling(cast)
    many_departments(plan, departments)
    info = category("info")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = matrix(year=2026, category=info)
        assert found.delivered == departments
    assert len(queries) == 4
    with CaptureQueriesContext(connection) as queries:
        department_progress(at=MIDSUMMER)
    assert len(queries) == 2


def test_the_database_refuses_a_second_live_row_of_one_source(cast: Cast) -> None:
    from django.db import IntegrityError, transaction

    [first] = deliver(cast.nursing, date(2026, 3, 8))
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(
            ym=202603,
            happened_on=date(2026, 3, 8),
            department=cast.nursing,
            category=first.category,
            title="又一次",
            source_kind=first.source_kind,
            source_id=first.source_id,
        )
