"""The reward workbook (发放表) of a batch: built, and read back to prove its sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

from rewards.batch import BatchEntry, BatchLine, by_department
from rewards.models import Payout, SchemeVersion
from rewards.regulation import articles_of
from rewards.states import EntryKind, Reason
from toolkit.moments import in_full
from toolkit.money import capitals, format_yuan, yuan_to_fen
from toolkit.sheets.writer import Sheet, Workbook, day, index, number, text, yuan


@dataclass(frozen=True)
class PayoutFacts:
    """What the workbook says about its batch."""

    title: str
    code: str
    ym_from: int
    ym_to: int
    sealed_by: str
    sealed_at: datetime | None

    @classmethod
    def of(cls, payout: Payout) -> PayoutFacts:
        sealer = payout.sealed_by.name if payout.sealed_by else ""
        return cls(payout.title, payout.code, payout.ym_from, payout.ym_to, sealer, payout.sealed_at)

    @property
    def period(self) -> str:
        first, last = spoken_month(self.ym_from), spoken_month(self.ym_to)
        return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}


def spoken_month(ym: int) -> str:
    return f"{ym // 100}-{ym % 100:02d}"


def workbook_name(payout: Payout) -> str:
    return f"{payout.title} {payout.code}.xlsx"


def build_workbook(
    facts: PayoutFacts,
    entries: Sequence[BatchEntry],
    lines: Sequence[BatchLine],
    versions: Iterable[SchemeVersion],
) -> bytes:
    book = Workbook(title=facts.title)
    _summary(book, facts, lines, entries)
    _detail(book, facts, entries)
    _departments(book, facts, entries)
    _deductions(book, facts, entries)
    _grounds(book, facts, entries, versions)
    return book.content()


def _unit(facts: PayoutFacts) -> str:
    return _("Batch %(code)s · %(period)s · unit: yuan") % {"code": facts.code, "period": facts.period}


def _summary(
    book: Workbook, facts: PayoutFacts, lines: Sequence[BatchLine], entries: Sequence[BatchEntry]
) -> None:
    sheet = book.sheet(
        _("Payout summary"),
        heading=facts.title,
        note=_unit(facts),
        freeze_columns=3,
        row_height=24,  # room to sign
        widths={0: 6, 1: 12, 2: 14, 3: 18, 4: 8, 5: 13, 6: 13, 7: 13, 8: 18, 9: 22},
        columns=[
            _("No."),
            _("Staff no."),
            _("Person's name"),
            _("Department"),
            _("Pieces"),
            _("Reward due"),
            _("Deducted"),
            _("Net"),
            _("Signature"),
            _("Remark"),
        ],
    )
    remarks = _remarks(entries)
    for place, line in enumerate(lines, 1):
        remark = remarks.get(line.person_id, "") if line.person_id else _("Department's shortfall")
        sheet.row(
            [
                index(place),
                text(line.staff_no or "—"),
                line.name,
                line.department_name,
                number(line.pieces),
                yuan(line.reward_fen),
                yuan(line.deduction_fen),
                yuan(line.net_fen),
                "",
                remark,
            ]
        )
    reward = sum(line.reward_fen for line in lines)
    deduction = sum(line.deduction_fen for line in lines)
    pieces = sum(line.pieces for line in lines)
    sheet.total(
        [
            _("Total"),
            "",
            "",
            "",
            number(pieces),
            yuan(reward),
            yuan(deduction),
            yuan(reward + deduction),
            "",
            "",
        ]
    )
    _closing(sheet, reward, reward + deduction)


def _closing(sheet: Sheet, reward_fen: int, net_fen: int) -> None:
    words = {"fen": format_yuan(reward_fen), "words": capitals(reward_fen)}
    sheet.line(_("Reward in words: %(words)s (¥%(fen)s)") % words, height=20)
    words = {"fen": format_yuan(net_fen), "words": capitals(net_fen)}
    sheet.line(_("Net in words: %(words)s (¥%(fen)s)") % words, height=20)
    sheet.line(
        "　　　　　　　　".join(
            f"{who}："
            for who in (_("Table drawn up by"), _("Checked by"), _("Finance review"), _("Supervising leader"))
        ),
        height=36,
    )


def _remarks(entries: Sequence[BatchEntry]) -> dict[int | None, str]:
    """Per person: that something of earlier months, or something taken back, is among it."""
    late, back = _("with pieces of earlier months"), _("with corrections")
    found: dict[int | None, dict[str, None]] = {}
    for entry in entries:
        if entry.person_id is None or not entry.amount_fen:
            continue
        if entry.kind == EntryKind.REVERSAL:
            found.setdefault(entry.person_id, {})[back] = None
        elif entry.is_late:
            found.setdefault(entry.person_id, {})[late] = None
    return {person: "；".join(remarks) for person, remarks in found.items()}


def _detail(book: Workbook, facts: PayoutFacts, entries: Sequence[BatchEntry]) -> None:
    sheet = book.sheet(
        _("Detail"),
        heading=_("%(title)s · detail") % {"title": facts.title},
        note=_unit(facts),
        freeze_columns=3,
        widths={0: 6, 1: 12, 2: 11, 3: 10, 4: 15, 5: 24, 6: 42, 7: 18, 8: 11, 9: 24},
        columns=[
            _("No."),
            _("Date"),
            _("Person's name"),
            _("Staff no."),
            _("Department"),
            _("Outlet or matter"),
            _("Title"),
            _("Rule"),
            _("Amount"),
            _("Explanation"),
        ],
    )
    shown = [entry for entry in entries if entry.tells]
    for place, entry in enumerate(shown, 1):
        sheet.row(
            [
                index(place),
                day(entry.happened_on),
                entry.name,
                text(entry.staff_no or "—"),
                entry.department_name,
                entry.outlet or _("Yearly target"),
                entry.title,
                entry.rule,
                yuan(entry.amount_fen),
                spoken_reason(entry),
            ]
        )
    total = sum(entry.amount_fen for entry in entries)
    sheet.total([_("Total"), "", "", "", "", "", "", "", yuan(total), ""])
    if len(shown) < len(entries):
        sheet.line(
            _("Not listed: %(count)s pieces in outlets that no article names, without reward.")
            % {"count": len(entries) - len(shown)}
        )


def spoken_reason(entry: Any) -> str:
    """Why an entry (Entry or BatchEntry) has its amount, in a few words; nothing when the rule alone says it."""
    reason = str(dict(Reason.choices).get(entry.reason, entry.reason))
    if entry.kind == EntryKind.REVERSAL:
        return _("Taken back: %(reason)s") % {"reason": reason}
    if entry.reason != Reason.RULE:
        return reason
    authors = int(entry.inputs.get("authors", 1))
    if authors > 1:
        whole = format_yuan(int(entry.inputs.get("rule_fen", 0)))
        return _("%(amount)s shared by %(count)s authors") % {"amount": whole, "count": authors}
    if "exempt_quota" in entry.inputs:
        return _("Beyond own quota of %(count)s") % {"count": entry.inputs["exempt_quota"]}
    return ""


def _departments(book: Workbook, facts: PayoutFacts, entries: Sequence[BatchEntry]) -> None:
    sheet = book.sheet(
        _("By department"),
        heading=_("%(title)s · by department") % {"title": facts.title},
        note=_unit(facts),
        columns=[
            _("No."),
            _("Department"),
            _("Number of people"),
            _("Pieces"),
            _("Reward due"),
            _("Deducted"),
            _("Net"),
        ],
        widths={0: 8, 1: 28, 2: 12, 3: 12, 4: 18, 5: 18, 6: 18},
    )
    lines = by_department(entries)
    for place, line in enumerate(lines, 1):
        sheet.row(
            [
                index(place),
                line.name,
                number(line.people),
                number(line.pieces),
                yuan(line.reward_fen),
                yuan(line.deduction_fen),
                yuan(line.net_fen),
            ]
        )
    reward, deduction = sum(one.reward_fen for one in lines), sum(one.deduction_fen for one in lines)
    pieces = sum(one.pieces for one in lines)
    sheet.total([_("Total"), "", "", number(pieces), yuan(reward), yuan(deduction), yuan(reward + deduction)])


def _deductions(book: Workbook, facts: PayoutFacts, entries: Sequence[BatchEntry]) -> None:
    """Shortfalls, and what earlier batches paid and is taken back."""
    sheet = book.sheet(
        _("Deductions"),
        heading=_("%(title)s · deductions") % {"title": facts.title},
        note=_unit(facts),
        columns=[
            _("No."),
            _("Department or person"),
            _("Matter"),
            _("Target"),
            _("Delivered"),
            _("Missing"),
            _("Rate"),
            _("Amount"),
            _("Explanation"),
        ],
        widths={0: 6, 1: 20, 2: 40, 3: 10, 4: 10, 5: 10, 6: 12, 7: 14, 8: 24},
    )
    ours = {entry.id for entry in entries}
    deducted = [entry for entry in entries if _is_deducted(entry, ours)]
    for place, entry in enumerate(deducted, 1):
        rate = entry.inputs.get("rate_fen")
        sheet.row(
            [
                index(place),
                entry.name,
                entry.title,
                number(entry.inputs.get("target")),
                number(entry.inputs.get("delivered")),
                number(entry.inputs.get("missing")),
                yuan(rate),
                yuan(entry.amount_fen),
                spoken_reason(entry),
            ]
        )
    if not deducted:
        sheet.line(_("Nothing was deducted in this batch."))
    sheet.total([_("Total"), "", "", "", "", "", "", yuan(sum(entry.amount_fen for entry in deducted)), ""])


def _is_deducted(entry: BatchEntry, ours: set[int]) -> bool:
    """As the summary's column counts it."""
    if entry.kind == EntryKind.REWARD:
        return False
    return entry.person_id is None or entry.reverses not in ours


def _grounds(
    book: Workbook, facts: PayoutFacts, entries: Sequence[BatchEntry], versions: Iterable[SchemeVersion]
) -> None:
    """依据: the articles that priced the batch, and what the batch is made of."""
    sheet = book.sheet(
        _("Grounds"),
        heading=_("%(title)s · grounds") % {"title": facts.title},
        columns=[_("Article"), _("Wording")],
        widths={0: 22, 1: 110},
    )
    for version in versions:
        begun = _("%(version)s, in force from %(day)s") % {
            "version": version,
            "day": version.effective_from.isoformat(),
        }
        sheet.total([version.document_number or _("Scheme"), begun])
        for article in articles_of(version):
            sheet.row([_("Article %(number)s") % {"number": article.number}, article.text])
    sheet.total([_("This batch"), ""])
    facts_of_batch = [
        (_("Batch"), facts.code),
        (_("Months covered"), facts.period),
        (_("Ledger entries"), str(len(entries))),
        (_("Sealed by"), facts.sealed_by),
        (_("Sealed at"), in_full(facts.sealed_at) if facts.sealed_at else "—"),
    ]
    for label, value in facts_of_batch:
        sheet.row([label, text(value)])


@dataclass(frozen=True)
class ReadBack:
    """Sums found in a workbook by adding up its rows, in fen."""

    summary_fen: int
    detail_fen: int
    departments_fen: int


# Sheet (from 0) and column (from 0) of the amount that must add up.
SUMMARY, DETAIL, DEPARTMENTS = (0, 7), (1, 8), (2, 6)


def read_back(content: bytes) -> ReadBack:
    """Open a workbook of ours as a reader would and add up its numbered rows, not trusting its totals."""
    book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
    try:
        sheets = book.worksheets
        sums = [_sum_of(sheets[sheet], column) for sheet, column in (SUMMARY, DETAIL, DEPARTMENTS)]
    finally:
        book.close()
    return ReadBack(*sums)


def _sum_of(sheet: Any, column: int) -> int:
    """The rows that begin with a running number are the data."""
    total = 0
    for row in sheet.iter_rows(values_only=True):
        if row and isinstance(row[0], int | float) and not isinstance(row[0], bool):
            amount = row[column]
            if isinstance(amount, date) or not isinstance(amount, int | float):
                raise ValueError(f"Not an amount: {amount!r}")
            total += yuan_to_fen(Decimal(str(amount)).quantize(Decimal("0.01")))
    return total
