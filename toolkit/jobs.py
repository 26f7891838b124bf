"""Background work with progress and a file at the end (`Job`), and periodic work that runs once (`JobRun`).

    @job("year_end_export")
    def build(job: Job, progress: Progress) -> tuple[str, bytes]:
        for done, row in enumerate(rows, 1):
            progress(done, len(rows))
        return "appraisal.xlsx", content

The function runs outside any transaction, so that progress shows at once. Call `progress` at least every
JOB_LEASE_SECONDS / 2: it renews the lease. A worker that dies stops renewing, and `recover` runs the job again;
an attempt that lost its lease can't write a result. What the function writes besides its file must be keyed
(unique constraints, outbox keys), since it may run more than once.
"""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from toolkit.models import Job, JobRun, JobState

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
ONCE_LEASE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
TICK = "tick"

Result = tuple[str, bytes] | None


class JobFailed(ValidationError):
    """Raise it inside a job to tell the person, in one sentence, why there is no result."""


class JobSuperseded(RuntimeError):
    """This attempt's lease ran out and another attempt has the job; stop working."""


class Progress:
    """`progress(done, total, note)`: shows it, and renews the lease. Written at most every half second."""

    EVERY = 0.5

    def __init__(self, job: Job) -> None:
        self._job = job
        self._written = 0.0

    def __call__(self, done: int, total: int | None = None, note: str = "") -> None:
        """Raises JobSuperseded when another attempt has taken over."""
        job = self._job
        now = time.monotonic()
        job.done = done
        job.total = job.total if total is None else total
        job.note = note or job.note
        if now - self._written < self.EVERY and done < job.total:
            return
        self._written = now
        held = _held(job).update(
            done=job.done, total=job.total, note=job.note[:200], lease_until=timezone.now() + _lease()
        )
        if not held:
            raise JobSuperseded(f"Job {job.pk} was taken over by another attempt.")


Function = Callable[[Job, Progress], Result]
_functions: dict[str, Function] = {}


def job(kind: str) -> Callable[[Function], Function]:
    """Register the function that does jobs of this kind; it returns (file name, content) or None."""

    def register(call: Function) -> Function:
        known = _functions.get(kind)
        if known is not None and known.__qualname__ != call.__qualname__:
            raise ValueError(f"Job kind {kind!r} already has a function: {known.__qualname__}.")
        _functions[kind] = call
        return call

    return register


def start(*, kind: str, owner: Any, params: Mapping[str, Any], key: str | None = None) -> Job:
    """Write the job down and nudge a worker after commit.

    With a `key`, a second start returns the first job; one that failed is tried anew.
    """
    try:
        with transaction.atomic():
            started = Job.objects.create(
                kind=kind, owner=owner, params=dict(params), key=key, lease_until=timezone.now() + _lease()
            )
    except IntegrityError:
        existing = Job.objects.filter(key=key).first() if key else None
        if existing is None:
            raise
        return _restart(existing)
    _nudge_after_commit(started.pk)
    return started


def run(pk: uuid.UUID | str, at: datetime | None = None) -> bool:
    """Do the job if nobody else does. True when this call finished it, well or badly."""
    claimed = _claim(uuid.UUID(str(pk)), at or timezone.now())
    if claimed is None:
        return False
    try:
        result = _function_for(claimed.kind)(claimed, Progress(claimed))
    except JobSuperseded:
        logger.warning("Job %s was superseded", claimed.pk)
        return False
    except ValidationError as refusal:
        return _finish(claimed, state=JobState.FAILED, error=" ".join(refusal.messages))
    except Exception:  # a bug in one job must end as a sentence on its page, not as a worker's crash
        logger.exception("Job %s (%s) failed", claimed.pk, claimed.kind)
        return _finish(claimed, state=JobState.FAILED, error=_apology(claimed))
    return _keep(claimed, result)


def recover(at: datetime | None = None) -> int:
    """Nudge jobs nobody looks after: never started, or their worker died. Returns how many."""
    moment = at or timezone.now()
    lost = Job.objects.filter(state__in=[JobState.WAITING, JobState.RUNNING], lease_until__lt=moment)
    nudged = 0
    for pk, lease in list(lost.order_by("created_at").values_list("pk", "lease_until")[:100]):
        # A waiting job gets a new date to look again; a running one keeps its passed lease for run() to see.
        Job.objects.filter(pk=pk, state=JobState.WAITING, lease_until=lease).update(
            lease_until=moment + _lease()
        )
        _nudge_after_commit(pk)
        nudged += 1
    return nudged


def once(*, kind: str, period: str, call: Callable[[], object], at: datetime | None = None) -> bool:
    """Run `call` unless it already ran for this period. True when it ran here.

    A run that died or raised is caught up at a later tick; a finished one never runs again. What `call` raises
    goes on to the caller after it is noted on the row. Key every effect inside `call`: a run that outlives its
    lease of five minutes may be joined by a second.
    """
    claimed = _claim_run(kind, period, at or timezone.now())
    if claimed is None:
        return False
    mine = JobRun.objects.filter(pk=claimed.pk, tries=claimed.tries)
    try:
        call()
    except Exception as error:
        pause = min(timedelta(minutes=2) * claimed.tries, LONGEST_PAUSE)
        mine.update(
            state=JobRun.State.FAILED,
            error=f"{type(error).__name__}: {error}"[:1000],
            lease_until=timezone.now() + pause,
        )
        raise
    mine.update(state=JobRun.State.DONE, finished_at=timezone.now(), error="")
    return True


def ticked(at: datetime | None = None) -> None:
    """Leave the time at which the scheduler came by, for whoever watches that it still does (/metrics)."""
    moment = at or timezone.now()
    JobRun.objects.update_or_create(
        kind=TICK, period="", defaults={"state": JobRun.State.DONE, "finished_at": moment}
    )


def _lease() -> timedelta:
    return timedelta(seconds=getattr(settings, "JOB_LEASE_SECONDS", 60))


def _held(claimed: Job) -> Any:
    """The job's row as long as this attempt is the one that holds it."""
    return Job.objects.filter(pk=claimed.pk, state=JobState.RUNNING, token=claimed.token)


def _claim(pk: uuid.UUID, at: datetime) -> Job | None:
    free = Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, lease_until__lt=at)
    token = uuid.uuid4().hex
    won = Job.objects.filter(free, pk=pk).update(
        state=JobState.RUNNING,
        token=token,
        attempts=F("attempts") + 1,
        lease_until=at + _lease(),
        started_at=at,
        done=0,
        error="",
    )
    if not won:
        return None
    claimed = Job.objects.get(pk=pk)
    if claimed.token != token:
        return None
    if claimed.attempts > MAX_ATTEMPTS:
        _finish(
            claimed,
            state=JobState.FAILED,
            error=_("It was interrupted several times. Please start it again."),
        )
        return None
    return claimed


def _keep(claimed: Job, result: Result) -> bool:
    """Store the file, then let the row decide whether this attempt's result counts."""
    if result is None:
        return _finish(claimed, state=JobState.DONE)
    name, content = result
    claimed.file.save(name, ContentFile(content), save=False)
    kept = _finish(
        claimed,
        state=JobState.DONE,
        file=claimed.file.name,
        file_name=name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
    )
    if not kept:
        claimed.file.delete(save=False)
    return kept


def _finish(claimed: Job, *, state: str, **values: Any) -> bool:
    if state == JobState.DONE and claimed.total:
        values["done"] = claimed.total
    return bool(_held(claimed).update(state=state, finished_at=timezone.now(), **values))


def _restart(existing: Job) -> Job:
    again = Job.objects.filter(pk=existing.pk, state=JobState.FAILED).update(
        state=JobState.WAITING,
        attempts=0,
        done=0,
        error="",
        finished_at=None,
        lease_until=timezone.now() + _lease(),
    )
    if again:
        _nudge_after_commit(existing.pk)
    existing.refresh_from_db()
    return existing


def _claim_run(kind: str, period: str, at: datetime) -> JobRun | None:
    try:
        with transaction.atomic():
            return JobRun.objects.create(kind=kind, period=period, started_at=at, lease_until=at + ONCE_LEASE)
    except IntegrityError:
        found = JobRun.objects.get(kind=kind, period=period)
    if found.state == JobRun.State.DONE or found.lease_until > at:
        return None
    won = (
        JobRun.objects.filter(pk=found.pk, tries=found.tries)
        .exclude(state=JobRun.State.DONE)
        .update(state=JobRun.State.RUNNING, tries=found.tries + 1, started_at=at, lease_until=at + ONCE_LEASE)
    )
    found.tries += 1
    return found if won else None


def _apology(claimed: Job) -> str:
    return _(
        "Something went wrong on our side and has been written down. Try again; if it happens again, give the "
        "administrator this number: %(number)s."
    ) % {"number": str(claimed.pk)[:8]}


def _function_for(kind: str) -> Function:
    if kind not in _functions:
        autodiscover_modules("tasks")
    return _functions[kind]


def _nudge_after_commit(pk: uuid.UUID) -> None:
    # A plain function: Django reports what a robust hook raised by its name, which a partial doesn't have.
    transaction.on_commit(lambda: _nudge(pk), robust=True)


def _nudge(pk: uuid.UUID) -> None:
    from toolkit.tasks import run_job

    # retry=False: a person's request must not wait for a broker that is down; recover() catches up.
    run_job.apply_async(args=[str(pk)], retry=False)
