"""What is due is a question to the clock and the database: nothing is missed, nothing runs twice."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from publicity import schedule
from publicity.tasks import tick
from toolkit.models import Job, JobRun

HOSPITAL_TIME = ZoneInfo("Asia/Shanghai")


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HOSPITAL_TIME)


@pytest.mark.parametrize(
    ("now", "month"),
    [
        (local(2026, 11, 25, 7, 59), 202610),
        (local(2026, 11, 25, 8, 0), 202611),
        (local(2026, 11, 30, 23, 59), 202611),
        (local(2026, 12, 1, 0, 0), 202611),
        (local(2027, 1, 3, 9, 0), 202612),
    ],
)
def test_the_newest_due_reminder_is_this_months_from_the_25th_at_eight(now: datetime, month: int) -> None:
    """A machine that slept from the 25th to the 3rd still owes last month's reminder."""
    assert schedule.reminder_month(now) == month


@pytest.mark.parametrize(
    ("now", "year"),
    [
        (local(2026, 12, 20, 7, 59), 2025),
        (local(2026, 12, 20, 8, 0), 2026),
        (local(2027, 1, 2, 9, 0), 2026),
        (local(2027, 12, 19, 9, 0), 2026),
    ],
)
def test_the_appraisal_is_due_from_20_december(now: datetime, year: int) -> None:
    assert schedule.appraisal_year(now) == year


@pytest.mark.parametrize(
    ("now", "day"),
    [(local(2026, 11, 25, 2, 29), date(2026, 11, 24)), (local(2026, 11, 25, 2, 30), date(2026, 11, 25))],
)
def test_a_night_begins_at_half_past_two(now: datetime, day: date) -> None:
    assert schedule.last_night(now) == day


def test_midnight_utc_is_already_morning_in_the_hospital() -> None:
    """25 November 00:00 UTC is 8:00 in Shanghai: a clock read in UTC would be eight hours late."""
    at = datetime(2026, 11, 25, 0, 0, tzinfo=ZoneInfo("UTC"))
    assert [item.period for item in schedule.due(at) if item.kind == "quota_reminder"] == ["202611"]


@pytest.mark.django_db
def test_two_ticks_run_each_kind_once() -> None:
    tick()
    runs = JobRun.objects.exclude(kind="tick")
    first = sorted(runs.values_list("kind", "state"))
    kinds = ["appraisal", "audit_verify", "backup", "quota_reminder", "settle", "tidy_sessions"]
    assert first == [(kind, "done") for kind in kinds]
    tick()
    assert runs.count() == len(kinds)
    assert Job.objects.filter(kind="appraisal").count() == 1
