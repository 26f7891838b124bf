"""Drawing up a batch, dropping it, and sealing it: lines frozen, workbook stored, read back and compared."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospital.models import User
from rewards import permissions
from rewards.batch import BatchEntry, BatchLine, summarise
from rewards.exports import PayoutFacts, build_workbook, read_back, workbook_name
from rewards.ledger import Settled, hold_ledger, settle, settle_shortfalls
from rewards.models import Payout, PayoutEntry, PayoutLine, Workbook
from rewards.selectors import batch_entries, gathered, versions_of
from rewards.states import PayoutState
from toolkit import audit
from toolkit.money import format_yuan
from toolkit.months import month_of, year_of, ym_of
from toolkit.moves import Move, MoveTable

BATCH = 500
# A batch says which years it settles; a period longer than this is a slip of the pen.
MOST_MONTHS = 24


class PayoutRefused(ValidationError):
    """The batch can't be drawn up or sealed; the message is a sentence for the person."""

    @property
    def sentence(self) -> str:
        return " ".join(self.messages)


MOVES = MoveTable(
    [
        Move(
            "seal",
            gettext_lazy("Seal the batch"),
            sources=[PayoutState.DRAFT],
            target=PayoutState.SEALED,
            permission=permissions.can_seal,
        )
    ]
)


def payout_create(
    *, ym_from: int, ym_to: int, actor: User, title: str = "", at: datetime | None = None
) -> Payout:
    """A batch for the months from–to, both included. Settles their years first, so that it starts complete.

    Raises PayoutRefused for a period in the future, in the wrong order, or touching that of another batch.
    """
    if not permissions.can_create_payout.test(actor):
        raise PayoutRefused(_("Only the publicity chief draws up payout batches."))
    _check_period(ym_from, ym_to, at or timezone.now())
    settle_period(ym_from=ym_from, ym_to=ym_to, actor=actor, at=at)
    return _create(ym_from, ym_to, actor, title.strip() or title_of(ym_from, ym_to))


@transaction.atomic
def _create(ym_from: int, ym_to: int, actor: User, title: str) -> Payout:
    hold_ledger()
    other = Payout.objects.filter(ym_from__lte=ym_to, ym_to__gte=ym_from).first()
    if other is not None:
        raise PayoutRefused(
            _("Batch %(code)s “%(title)s” already covers months of this period. Please choose other months.")
            % {"code": other.code, "title": other.title}
        )
    payout: Payout = Payout.objects.create(title=title[:80], ym_from=ym_from, ym_to=ym_to, created_by=actor)
    audit.record(actor=actor, action="create", obj=payout, changes={"period": [None, f"{ym_from}-{ym_to}"]})
    return payout


def _check_period(ym_from: int, ym_to: int, at: datetime) -> None:
    if ym_from > ym_to:
        raise PayoutRefused(_("The first month lies after the last. Please swap them."))
    if ym_to > ym_of(at):
        raise PayoutRefused(
            _("The last month has not begun yet. Please choose this month or an earlier one.")
        )
    months = (year_of(ym_to) - year_of(ym_from)) * 12 + month_of(ym_to) - month_of(ym_from) + 1
    if months > MOST_MONTHS:
        raise PayoutRefused(_("A batch covers at most two years. Please choose a shorter period."))


def settle_period(*, ym_from: int, ym_to: int, actor: User | None, at: datetime | None = None) -> Settled:
    """Settle every year the period touches; a year that ended within it has its shortfalls deducted too."""
    today = timezone.localdate(at)
    settled = Settled()
    for year in range(year_of(ym_from), year_of(ym_to) + 1):
        settled += settle(year=year, actor=actor, at=at)
        if ym_to >= year * 100 + 12 and today > date(year, 12, 31):
            settled += settle_shortfalls(year=year, actor=actor, at=at)
    return settled


@transaction.atomic
def payout_drop(*, payout: Payout, actor: User) -> None:
    """Throw away a batch that isn't sealed; its entries wait for the next one."""
    if not permissions.can_create_payout.test(actor):
        raise PayoutRefused(_("Only the publicity chief draws up payout batches."))
    hold_ledger()
    label = str(payout)
    deleted, _rows = Payout.objects.filter(pk=payout.pk, state=PayoutState.DRAFT).delete()
    if not deleted:
        raise PayoutRefused(_("This batch is sealed and stays as it is. Corrections go into the next batch."))
    audit.record(actor=actor, action="drop", obj=payout, label=label)


def payout_seal(
    *, payout: Payout, actor: User, expected_fen: int | None = None, at: datetime | None = None
) -> Payout:
    """Seal: link the entries, freeze the lines, build and store the workbook, read it back, compare all sums.

    `expected_fen` is the net sum the person saw when they decided; a different one now refuses. Raises
    MoveRefused/MoveLost (not allowed, somebody was first) or PayoutRefused; nothing is kept then but what
    settling found, which is why that is a transaction of its own.
    """
    if permissions.can_seal.test(actor) and not payout.is_sealed:
        settle_period(ym_from=payout.ym_from, ym_to=payout.ym_to, actor=None, at=at)
    return _seal(payout, actor, expected_fen, at or timezone.now())


@transaction.atomic
def _seal(payout: Payout, actor: User, expected_fen: int | None, now: datetime) -> Payout:
    hold_ledger()
    # Before the move: a sealed batch holds what is linked to it, and nothing is linked yet.
    entries = batch_entries(gathered(payout), since=payout.ym_from)
    MOVES.perform(obj=payout, action="seal", actor=actor, changes={"sealed_by": actor, "sealed_at": now})
    lines = summarise(entries)
    _check_worth(lines, expected_fen)
    PayoutEntry.objects.bulk_create(
        (PayoutEntry(payout=payout, entry_id=entry.id) for entry in entries), batch_size=BATCH
    )
    PayoutLine.objects.bulk_create(
        (_frozen(payout, order, line) for order, line in enumerate(lines, 1)), batch_size=BATCH
    )
    _store(payout, entries, lines)
    return payout


def _check_worth(lines: list[BatchLine], expected_fen: int | None) -> None:
    if not lines:
        raise PayoutRefused(
            _("There is nothing to pay in this period. Verify placements first, or choose other months.")
        )
    net = sum(line.net_fen for line in lines)
    if expected_fen is not None and net != expected_fen:
        raise PayoutRefused(
            _(
                "The ledger has changed: you saw %(seen)s yuan, now it is %(now)s yuan. Please check once more."
            )
            % {"seen": format_yuan(expected_fen), "now": format_yuan(net)}
        )


def _frozen(payout: Payout, order: int, line: BatchLine) -> PayoutLine:
    return PayoutLine(
        payout=payout,
        order=order,
        person_id=line.person_id,
        staff_no=line.staff_no,
        name=line.name,
        department_name=line.department_name,
        pieces=line.pieces,
        reward_fen=line.reward_fen,
        deduction_fen=line.deduction_fen,
        net_fen=line.net_fen,
    )


def _store(payout: Payout, entries: list[BatchEntry], lines: list[BatchLine]) -> None:
    """Build the file, put it away, read what was put away, and refuse unless every sum is the same."""
    content = build_workbook(PayoutFacts.of(payout), entries, lines, versions_of(payout))
    name = workbook_name(payout)
    workbook = Workbook(payout=payout, name=name, sha256=hashlib.sha256(content).hexdigest())
    workbook.file.save(f"{uuid.uuid4().hex}.xlsx", ContentFile(content), save=False)
    try:
        _compare(workbook, entries, lines)
        workbook.save()
    except BaseException:
        # The transaction takes the rows back, but not the file.
        workbook.file.delete(save=False)
        raise


def _compare(workbook: Workbook, entries: list[BatchEntry], lines: list[BatchLine]) -> None:
    with workbook.file.open("rb") as stored:
        content = stored.read()
    found = read_back(content)
    wanted = sum(entry.amount_fen for entry in entries)
    sums = {
        wanted,
        sum(line.net_fen for line in lines),
        found.summary_fen,
        found.detail_fen,
        found.departments_fen,
    }
    if len(sums) > 1 or hashlib.sha256(content).hexdigest() != workbook.sha256:
        raise PayoutRefused(
            _(
                "Ledger, lines and workbook do not add up to the same sum, so nothing was sealed. "
                "Please tell the administrator."
            )
        )


def payout_downloaded(*, payout: Payout, actor: User) -> None:
    """Every download of money's papers is written down."""
    audit.record(actor=actor, action="download", obj=payout, label=payout.workbook.name)


def title_of(ym_from: int, ym_to: int) -> str:
    """A batch's name by its period: a year, half-year, quarter, month, or from–to."""
    year, first, last = year_of(ym_from), month_of(ym_from), month_of(ym_to)
    words = {"year": year, "first": first, "last": last, "quarter": (last + 2) // 3}
    if year != year_of(ym_to):
        words["last_year"] = year_of(ym_to)
        return _("Publicity rewards %(year)s-%(first)s to %(last_year)s-%(last)s") % words
    if (first, last) == (1, 12):
        return _("Publicity rewards of the year %(year)s") % words
    if first == last:
        return _("Publicity rewards %(year)s-%(first)s") % words
    if (first, last) == (1, 6):
        return _("Publicity rewards, first half of %(year)s") % words
    if (first, last) == (7, 12):
        return _("Publicity rewards, second half of %(year)s") % words
    if last - first == 2 and last % 3 == 0:
        return _("Publicity rewards, quarter %(quarter)s of %(year)s") % words
    return _("Publicity rewards %(year)s, months %(first)s to %(last)s") % words
