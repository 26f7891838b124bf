"""What is due, as a question to the clock and the database; nothing is remembered by the ticking process.

A line is due from its day and hour until the period ends; `toolkit.jobs.once` lets it run once per period. A machine
that slept through the moment catches up at its next tick, until the next period of the same kind is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from hospital.account import sessions
from plans.reminders import send_monthly
from rewards.appraisal import appraisal_start
from rewards.services import settle, settle_shortfalls
from toolkit import jobs
from toolkit.models import Job
from toolkit.months import add_months, ym_of

REMINDER_DAY = 25
APPRAISAL_MONTH, APPRAISAL_DAY = 12, 20
OPENING_HOUR = 8
NIGHT = (2, 30)


@dataclass(frozen=True)
class Due:
    kind: str
    period: str
    call: Callable[[], object]


def due(at: datetime | None = None) -> Iterator[Due]:
    """Everything that should have run by now in the newest period of each kind."""
    now = timezone.localtime(at)
    reminder = reminder_month(now)
    yield Due("quota_reminder", str(reminder), lambda: send_monthly(ym=reminder, at=now))
    year = appraisal_year(now)
    yield Due("appraisal", str(year), lambda: appraisal_start(year=year, owner=None))
    # What a lost signal left out of the ledger is put in by the night's settling.
    yield Due("settle", now.strftime("%Y-%m-%d"), lambda: settle_ledger(now.year))
    # Long work: the tick only starts it, as a job with a lease of its own.
    night = last_night(now).isoformat()
    if settings.BACKUP_NIGHTLY:
        yield Due("backup", night, lambda: start_nightly("backup", night))
    yield Due("audit_verify", night, lambda: start_nightly("audit_verify", night))
    yield Due("tidy_sessions", night, sessions.tidy)


def settle_ledger(year: int) -> None:
    """Both years up to date (a December piece may be verified in February), and the finished year's shortfalls."""
    settle(year=year)
    settle(year=year - 1)
    settle_shortfalls(year=year - 1)


def start_nightly(kind: str, night: str) -> Job:
    return jobs.start(kind=kind, owner=None, params={"night": night}, key=f"{kind}:{night}")


def last_night(now: datetime) -> date:
    """The newest day whose 2:30 has passed."""
    return now.date() if (now.hour, now.minute) >= NIGHT else now.date() - timedelta(days=1)


def reminder_month(now: datetime) -> int:
    """The month whose reminder is the newest due: this month's from the 25th at 8:00, else last month's."""
    this = ym_of(now)
    return this if (now.day, now.hour) >= (REMINDER_DAY, OPENING_HOUR) else add_months(this, -1)


def appraisal_year(now: datetime) -> int:
    """This year from 20 December at 8:00, else last year."""
    ready = (now.month, now.day, now.hour) >= (APPRAISAL_MONTH, APPRAISAL_DAY, OPENING_HOUR)
    return now.year if ready else now.year - 1
