"""Writing the ledger: what should be minus what it says, as reversing and new entries.

Settling is idempotent: a second run finds no difference. Two at once follow one another on the lock row, and the
unique keys of the entries would refuse a double even without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.models import User
from rewards import calculation
from rewards.models import Entry, LedgerLock
from rewards.settlement import (
    Changes,
    Missed,
    Source,
    changes_of_rewards,
    changes_of_shortfalls,
    times_entered,
)
from rewards.states import EntryKind, Reason
from toolkit import audit

BATCH = 500
LONGEST_TITLE = 200


@dataclass(frozen=True)
class Settled:
    """How many entries a settling added; both 0 when the ledger was right."""

    added: int = 0
    reversed: int = 0

    def __bool__(self) -> bool:
        return bool(self.added or self.reversed)

    def __add__(self, other: Settled) -> Settled:
        return Settled(self.added + other.added, self.reversed + other.reversed)


def hold_ledger() -> None:
    """Until the transaction ends nobody else writes to the ledger. SQLite's own write lock does the same there."""
    LedgerLock.objects.get_or_create(pk=1)
    LedgerLock.objects.select_for_update().get(pk=1)


@transaction.atomic
def settle(*, year: int, actor: User | None = None, at: datetime | None = None) -> Settled:
    """Bring the rewards of one year's placements up to date. `actor` None: the system itself."""
    hold_ledger()
    changes = changes_of_rewards(year)
    if not changes:
        return Settled()
    reversals = [_reversal(entry, _why_reversed(changes.wanted.get(entry.who))) for entry in changes.outdated]
    times = times_entered(year)
    additions = [
        _reward(
            line, changes.sources[line.placement_id], times.get((line.placement_id, line.person_id), 0) + 1
        )
        for line in changes.missing
    ]
    return _write(year=year, actor=actor, what="settle", reversals=reversals, additions=additions)


@transaction.atomic
def settle_shortfalls(*, year: int, actor: User | None = None, at: datetime | None = None) -> Settled:
    """Deduct what the year's quotas lack, once the year is over; before that only when a person asks for it."""
    today = timezone.localdate(at)
    if actor is None and today <= date(year, 12, 31):
        return Settled()
    hold_ledger()
    changes = changes_of_shortfalls(year)
    if not changes:
        return Settled()
    reversals = [_reversal(entry, Reason.CORRECTED) for entry in changes.outdated]
    times = _times_deducted(year)
    additions = [
        _deduction(one, year, times.get((one.quota.department_id, one.quota.category_id), 0) + 1)
        for one in changes.missing
    ]
    return _write(year=year, actor=actor, what="settle_shortfalls", reversals=reversals, additions=additions)


def _write(
    *, year: int, actor: User | None, what: str, reversals: list[Entry], additions: Iterable[Entry]
) -> Settled:
    new = [*reversals, *additions]
    Entry.objects.bulk_create(new, batch_size=BATCH)
    settled = Settled(added=len(new) - len(reversals), reversed=len(reversals))
    audit.record(
        actor=actor,
        action=what,
        label=_("Reward ledger %(year)s") % {"year": year},
        changes={"added": [0, settled.added], "reversed": [0, settled.reversed]},
    )
    return settled


def _why_reversed(line: calculation.Line | None) -> str:
    """No line any more: the placement was voided. Otherwise the new entry says what it is now."""
    if line is None:
        return Reason.VOIDED
    return Reason.SUPERSEDED if line.reason == Reason.SUPERSEDED else Reason.CORRECTED


def _reversal(entry: Entry, reason: str) -> Entry:
    """The same with the opposite sign; it belongs to the same month, so that the month adds up."""
    return Entry(
        ym=entry.ym,
        happened_on=entry.happened_on,
        kind=EntryKind.REVERSAL,
        reason=reason,
        person_id=entry.person_id,
        department_id=entry.department_id,
        amount_fen=-entry.amount_fen,
        version_id=entry.version_id,
        rule_id=entry.rule_id,
        placement_id=entry.placement_id,
        quota_id=entry.quota_id,
        title=entry.title,
        inputs=entry.inputs,
        reverses=entry,
        key=f"reversal:{entry.pk}",
    )


def _reward(line: calculation.Line, source: Source, number: int) -> Entry:
    return Entry(
        ym=source.ym,
        happened_on=date.fromisoformat(line.inputs["published_on"]),
        kind=EntryKind.REWARD,
        reason=line.reason,
        person_id=line.person_id,
        department_id=line.department_id,
        amount_fen=line.amount_fen,
        version_id=line.scheme_id,
        rule_id=line.rule_id,
        placement_id=line.placement_id,
        title=source.headline[:LONGEST_TITLE],
        inputs=line.inputs,
        key=f"reward:{line.placement_id}:{line.person_id}:{number}",
    )


def _deduction(one: Missed, year: int, number: int) -> Entry:
    quota = one.quota
    words: dict[str, Any] = {
        "year": year,
        "category": quota.category.name,
        "missing": one.missing,
        "unit": quota.category.unit,
    }
    return Entry(
        ym=year * 100 + 12,
        happened_on=date(year, 12, 31),
        kind=EntryKind.DEDUCTION,
        reason=Reason.SHORTFALL,
        department_id=quota.department_id,
        amount_fen=one.amount_fen,
        version_id=one.version_id,
        rule_id=one.rule_id,
        quota=quota,
        title=_("%(year)s target for %(category)s: %(missing)s %(unit)s short") % words,
        inputs=one.inputs,
        key=f"deduction:{year}:{quota.department_id}:{quota.category_id}:{number}",
    )


def _times_deducted(year: int) -> dict[tuple[int, int], int]:
    rows = (
        Entry.objects.of_year(year)
        .filter(kind=EntryKind.DEDUCTION)
        .order_by()
        .values_list("department_id", "quota__category_id")
        .annotate(times=Count("pk"))
    )
    return {(department, category): times for department, category, times in rows}


def outstanding(year: int) -> tuple[Changes, bool]:
    """What settling would change now, without changing it: the ledger's check, and whether shortfalls differ."""
    return changes_of_rewards(year), bool(changes_of_shortfalls(year))
