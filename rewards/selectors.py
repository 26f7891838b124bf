"""Reads of the rewards layer: batches, totals, explanations, and the proof that all sums agree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.models import User
from rewards.batch import BatchEntry, BatchLine, DepartmentLine, Totals, by_department, summarise, totals
from rewards.exports import read_back
from rewards.models import Entry, EntryQuerySet, Payout, PayoutQuerySet, SchemeVersion
from rewards.settlement import changes_of_rewards, changes_of_shortfalls
from rewards.states import EntryKind, PayoutState
from toolkit.months import year_of, ym_of


def gathered(payout: Payout) -> EntryQuerySet:
    """The entries of a batch: linked once it is sealed; before that, all unpaid ones up to its last month.

    Late entries of earlier months come along, except those that an earlier open batch will take.
    """
    if payout.is_sealed:
        return Entry.objects.filter(payout_link__payout=payout)
    earlier = Payout.objects.filter(
        state=PayoutState.DRAFT,
        ym_to__lt=payout.ym_from,
        ym_from__lte=OuterRef("ym"),
        ym_to__gte=OuterRef("ym"),
    )
    return Entry.objects.unsealed().filter(~Exists(earlier), ym__lte=payout.ym_to)


def batch_entries(entries: EntryQuerySet, *, since: int) -> list[BatchEntry]:
    """One query; `since` is the batch's first month: older entries are marked late."""
    rows = entries.select_related(
        "person__department", "department", "placement__outlet", "rule", "version"
    ).order_by("happened_on", "pk")
    return [_batch_entry(entry, since) for entry in rows]


def _batch_entry(entry: Entry, since: int) -> BatchEntry:
    person = entry.person
    home = person.department if person else None
    return BatchEntry(
        id=entry.pk,
        ym=entry.ym,
        happened_on=entry.happened_on,
        kind=entry.kind,
        reason=entry.reason,
        amount_fen=entry.amount_fen,
        title=entry.title,
        person_id=entry.person_id,
        staff_no=person.staff_no if person else "",
        name=person.name if person else entry.department.name,
        home_department=home.name if home else "",
        department_id=entry.department_id,
        department_name=entry.department.name,
        placement_id=entry.placement_id,
        outlet=entry.placement.outlet.name if entry.placement else "",
        rule=entry.rule_label,
        version=str(entry.version) if entry.version else "",
        reverses=entry.reverses_id,
        is_late=entry.ym < since,
        inputs=entry.inputs,
    )


def versions_of(payout: Payout) -> list[SchemeVersion]:
    """The scheme versions that priced the batch's entries, with all their articles need."""
    used = gathered(payout).order_by().values("version")
    return list(with_articles().filter(pk__in=used))


def with_articles() -> Any:
    return SchemeVersion.objects.prefetch_related(
        "rules", "exemptions__department", "shortfall_rates__category", "shortfall_rates__rule"
    )


@dataclass(frozen=True)
class Batch:
    """Everything the page of a batch shows."""

    entries: list[BatchEntry]
    lines: list[BatchLine]
    departments: list[DepartmentLine]
    totals: Totals  # its count of entries leaves out pieces that no article names


def batch_of(payout: Payout) -> Batch:
    """A sealed batch shows its frozen lines."""
    entries = batch_entries(gathered(payout), since=payout.ym_from)
    lines = frozen_lines(payout) if payout.is_sealed else summarise(entries)
    return Batch(
        entries, lines, by_department(entries), totals(lines, entries=sum(entry.tells for entry in entries))
    )


def frozen_lines(payout: Payout) -> list[BatchLine]:
    return [
        BatchLine(
            person_id=line.person_id,
            department_id=0,
            staff_no=line.staff_no,
            name=line.name,
            department_name=line.department_name,
            reward_fen=line.reward_fen,
            deduction_fen=line.deduction_fen,
            pieces=line.pieces,
        )
        for line in payout.lines.all()
    ]


@dataclass(frozen=True)
class Check:
    """One sum or fact that must agree. `value` and `other` are fen where they are integers."""

    label: str
    value: int | None
    agrees: bool
    cure: str = ""


@dataclass(frozen=True)
class Reconciliation:
    checks: list[Check]

    @property
    def agrees(self) -> bool:
        return all(check.agrees for check in self.checks)


def reconcile(payout: Payout, batch: Batch | None = None) -> Reconciliation:
    """Ledger = what the placements and the matrix call for; once sealed also = lines = workbook as stored."""
    batch = batch or batch_of(payout)
    wanted = sum(entry.amount_fen for entry in batch.entries)
    checks = [Check(_("Ledger entries of this batch"), wanted, agrees=True)]
    lines = sum(line.net_fen for line in batch.lines)
    checks.append(Check(_("Lines by person and department"), lines, lines == wanted))
    by_departments = sum(line.net_fen for line in batch.departments)
    checks.append(Check(_("Sum by department"), by_departments, by_departments == wanted))
    checks += _workbook_checks(payout, wanted) if payout.is_sealed else _ledger_checks(payout)
    return Reconciliation(checks)


def _ledger_checks(payout: Payout) -> list[Check]:
    """Before sealing: the ledger against verified placements and against the matrix."""
    cure = _("The ledger is behind. It is brought up to date every night and when the batch is sealed.")
    years = range(year_of(payout.ym_from), year_of(payout.ym_to) + 1)
    rewards = not any(changes_of_rewards(year) for year in years)
    over = [
        year for year in years if payout.ym_to >= year * 100 + 12 and ym_of(timezone.now()) > year * 100 + 12
    ]
    deductions = not any(changes_of_shortfalls(year) for year in over)
    return [
        Check(_("Ledger against verified placements"), None, rewards, "" if rewards else cure),
        Check(_("Deductions against the quota matrix"), None, deductions, "" if deductions else cure),
    ]


def _workbook_checks(payout: Payout, wanted: int) -> list[Check]:
    """After sealing: the stored file itself, read again."""
    workbook = payout.workbook
    try:
        with workbook.file.open("rb") as stored:
            content = stored.read()
    except FileNotFoundError:
        cure = _("The file is missing from the storage. Restore it from the backup.")
        return [Check(_("Workbook as stored"), None, agrees=False, cure=cure)]
    if hashlib.sha256(content).hexdigest() != workbook.sha256:
        cure = _("The file is not the one that was sealed. Restore it from the backup.")
        return [Check(_("Workbook as stored"), None, agrees=False, cure=cure)]
    found = read_back(content)
    return [
        Check(_("Workbook, summary sheet"), found.summary_fen, found.summary_fen == wanted),
        Check(_("Workbook, detail sheet"), found.detail_fen, found.detail_fen == wanted),
        Check(_("Workbook, department sheet"), found.departments_fen, found.departments_fen == wanted),
    ]


# --- totals ---------------------------------------------------------------------------------------------------

NET = Sum("amount_fen")
REWARD = Sum("amount_fen", filter=Q(kind=EntryKind.REWARD) | Q(reverses__kind=EntryKind.REWARD), default=0)
DEDUCTION = Sum(
    "amount_fen", filter=Q(kind=EntryKind.DEDUCTION) | Q(reverses__kind=EntryKind.DEDUCTION), default=0
)
PIECES = Count("pk", filter=Q(kind=EntryKind.REWARD, amount_fen__gt=0, reversal=None))


@dataclass(frozen=True)
class MoneyTotals:
    """Fen; what was taken back is already off."""

    reward_fen: int = 0
    deduction_fen: int = 0
    pieces: int = 0

    @property
    def net_fen(self) -> int:
        return self.reward_fen + self.deduction_fen


def person_totals(*, year: int) -> dict[int, MoneyTotals]:
    """By person id: rewards of the year with corrections, and how many pieces were rewarded."""
    rows = Entry.objects.of_year(year).filter(person__isnull=False).order_by()
    return _grouped(rows, "person_id")


def department_totals(*, year: int) -> dict[int, MoneyTotals]:
    """By department id: what its people's credited pieces brought, and its own deductions."""
    return _grouped(Entry.objects.of_year(year).order_by(), "department_id")


def _grouped(rows: EntryQuerySet, by: str) -> dict[int, MoneyTotals]:
    found = rows.values_list(by).annotate(reward=REWARD, deduction=DEDUCTION, pieces=PIECES)
    return {key: MoneyTotals(reward, deduction, pieces) for key, reward, deduction, pieces in found}


def totals_of_person(*, person: User, year: int) -> MoneyTotals:
    rows = Entry.objects.of_year(year).filter(person=person).order_by()
    found = rows.aggregate(reward=REWARD, deduction=DEDUCTION, pieces=PIECES)
    return MoneyTotals(found["reward"] or 0, found["deduction"] or 0, found["pieces"] or 0)


def years_with_entries() -> list[int]:
    """Newest first, the current one always among them."""
    bounds = Entry.objects.order_by("ym").values_list("ym", flat=True)
    first = bounds.first()
    now = timezone.localdate().year
    return list(range(now, min(year_of(first) if first else now, now) - 1, -1))


def payouts_with_sums(payouts: PayoutQuerySet) -> PayoutQuerySet:
    """Each batch with the sums of its frozen lines; a draft has none yet."""
    return payouts.select_related("sealed_by", "created_by").annotate(
        reward_fen=Sum("lines__reward_fen"),
        deduction_fen=Sum("lines__deduction_fen"),
        net_fen=Sum("lines__net_fen"),
        people=Count("lines", filter=Q(lines__person__isnull=False)),
    )
