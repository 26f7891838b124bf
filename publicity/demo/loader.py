"""Loads the demonstration hospital, tells whether there is one, and wipes it again."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from correspondents.models import Picture, Submission
from hospital.models import Department, User
from media_outreach.outlets.models import Evidence, Placement
from plans.reminders import send_monthly
from publicity.demo.draft_rows import Drafts
from publicity.demo.histories import LOCAL
from publicity.demo.money_rows import Money
from publicity.demo.people_rows import make_staff
from publicity.demo.placement_rows import Placements
from publicity.demo.plan_rows import make_plans
from publicity.demo.schedule import all_pieces
from publicity.demo.trail import Trail
from publicity.schedule import REMINDER_DAY, appraisal_year, reminder_month
from rewards.appraisal import appraisal_start
from rewards.models import Workbook
from toolkit import audit, jobs
from toolkit.models import Job, JobRun
from toolkit.months import first_day

SEED = 20241


class DemoRefused(ValidationError):
    """The demonstration may not be loaded or wiped here; the message says why."""


@dataclass(frozen=True)
class Loaded:
    people: int
    drafts: int
    placements: int


def is_empty() -> bool:
    """Nobody and no department is here yet."""
    return not (User.objects.exists() or Department.objects.exists())


def is_demonstration() -> bool:
    """There are people, and every one of them is invented."""
    return User.objects.exists() and not User.objects.filter(is_demo=False).exists()


def load(*, today: date | None = None, seed: int = SEED) -> Loaded:
    """The same rows for the same day and seed. Raises DemoRefused unless the database has no people yet."""
    if is_demonstration():
        raise DemoRefused(_("The demonstration hospital is loaded already. Wipe it first to load it anew."))
    if not is_empty():
        raise DemoRefused(
            _(
                "There are real people or departments in this database, so the demonstration is not loaded over them."
            )
        )
    now = moment_of(today)
    with translation.override("zh-hans"):
        loaded = _load(random.Random(seed), now)  # noqa: S311  invented data, not a secret
        _export_last_year(now)
    return loaded


def moment_of(today: date | None) -> datetime:
    """Now; for another day than this one its late afternoon."""
    now = timezone.localtime(timezone.now(), LOCAL).replace(microsecond=0)
    return now if today in (None, now.date()) else datetime.combine(today or now.date(), time(17, 30), LOCAL)


@transaction.atomic
def _load(rng: random.Random, now: datetime) -> Loaded:
    with audit.held_back() as held:
        trail = Trail(now, held)
        _work(rng, trail, now)
    trail.write()
    joined = datetime(now.year - 1, 1, 1, 8, 0, tzinfo=LOCAL)
    User.objects.update(joined_at=joined)
    return Loaded(User.objects.count(), Submission.objects.count(), Placement.objects.count())


def _work(rng: random.Random, trail: Trail, now: datetime) -> None:
    staff = make_staff(since=date(now.year - 1, 1, 1))
    plans = make_plans(staff=staff, trail=trail, now=now)
    drafts = Drafts(rng, staff, trail, plans, now).make(all_pieces(rng, now))
    Placements(rng, staff, trail, now).make(drafts)
    Money(staff, trail, now).make()
    _remind(trail, now)


def _remind(trail: Trail, now: datetime) -> None:
    """Last month's reminder went out on its day, so that the first tick doesn't send it again."""
    ym = reminder_month(now)
    at = datetime.combine(first_day(ym), time(8, 1), LOCAL) + timedelta(days=REMINDER_DAY - 1)
    with trail.at(at):
        send_monthly(ym=ym, at=at)
    _ran("quota_reminder", str(ym), at)
    _ran("settle", now.strftime("%Y-%m-%d"), now)


def _ran(kind: str, period: str, at: datetime) -> None:
    JobRun.objects.create(
        kind=kind, period=period, state=JobRun.State.DONE, lease_until=at, started_at=at, finished_at=at
    )


def _export_last_year(now: datetime) -> None:
    """Last year's appraisal, as the schedule would have had it made."""
    year = appraisal_year(now)
    job = appraisal_start(year=year, owner=None)
    jobs.run(job.pk)
    # For last year the file of the new year, which has its deductions too.
    made_on = date(year, 12, 20) if year == now.year else date(year + 1, 1, 2)
    at = min(datetime.combine(made_on, time(8, 1), LOCAL), now)
    Job.objects.filter(pk=job.pk).update(created_at=at, started_at=at, finished_at=at + timedelta(seconds=3))
    _ran("appraisal", str(year), at)


def wipe() -> int:
    """Empties the database and removes the demonstration's files; returns how many files. Refuses real people."""
    if not is_demonstration():
        raise DemoRefused(
            _("This database holds real people, or nobody at all. Only a demonstration can be wiped.")
        )
    names = sorted(_stored_files())
    call_command("flush", interactive=False, verbosity=0)
    for name in names:
        default_storage.delete(name)
    return len(names)


def _stored_files() -> Iterable[str]:
    sources: tuple[tuple[Any, str], ...] = (
        (Picture, "image"), (Evidence, "file"), (Workbook, "file"), (Job, "file"),
    )  # fmt: skip
    for model, field in sources:
        yield from (name for name in model.objects.values_list(field, flat=True) if name)
