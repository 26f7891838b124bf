"""The arithmetic of a batch: entries in, one line per person or department out. No database here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class BatchEntry:
    """An entry as a batch needs it. `reverses` is the id of the entry it takes back."""

    id: int
    ym: int
    happened_on: date
    kind: str
    reason: str
    amount_fen: int
    title: str
    person_id: int | None
    staff_no: str
    name: str
    home_department: str
    department_id: int
    department_name: str
    placement_id: int | None
    outlet: str
    rule: str
    version: str
    reverses: int | None
    is_late: bool = False
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def tells(self) -> bool:
        """As `EntryQuerySet.telling`: it moves money, or explains why something that could pay does not."""
        return self.amount_fen != 0 or not (self.reason == "no_rule" or self.kind == "reversal")


@dataclass
class BatchLine:
    """One line of the summary: a person, or a department's own deductions (`person_id` None)."""

    person_id: int | None
    department_id: int
    staff_no: str
    name: str
    department_name: str
    reward_fen: int = 0
    deduction_fen: int = 0
    pieces: int = 0
    _paid: dict[int, int] = field(default_factory=dict, repr=False)

    @property
    def net_fen(self) -> int:
        return self.reward_fen + self.deduction_fen

    def add(self, entry: BatchEntry, *, within: bool) -> None:
        """`within`: what the entry takes back, if anything, stands in this same batch, so both cancel out."""
        if entry.kind == "reward" or (entry.person_id is not None and within):
            self.reward_fen += entry.amount_fen
        else:
            self.deduction_fen += entry.amount_fen
        if entry.placement_id is not None and (entry.kind == "reward" or within):
            self._paid[entry.placement_id] = self._paid.get(entry.placement_id, 0) + entry.amount_fen
        self.pieces = sum(amount > 0 for amount in self._paid.values())


def summarise(entries: Sequence[BatchEntry]) -> list[BatchLine]:
    """Per person, then per department for what concerns no person, by staff number and department name.

    A reward taken back that an earlier batch paid stands under deductions; lines that come to nothing at all
    (no amount either way, no piece) are left out.
    """
    ours = {entry.id for entry in entries}
    lines: dict[tuple[int | None, int], BatchLine] = {}
    for entry in entries:
        key = (entry.person_id, 0 if entry.person_id is not None else entry.department_id)
        line = lines.get(key)
        if line is None:
            line = lines[key] = BatchLine(
                person_id=entry.person_id,
                department_id=entry.department_id,
                staff_no=entry.staff_no,
                name=entry.name if entry.person_id is not None else entry.department_name,
                department_name=entry.home_department or entry.department_name,
            )
        line.add(entry, within=entry.reverses in ours)
    worth = [line for line in lines.values() if line.reward_fen or line.deduction_fen]
    return sorted(
        worth, key=lambda line: (line.person_id is None, line.staff_no, line.name, line.department_id)
    )


@dataclass
class DepartmentLine:
    """What the entries credited to one department come to."""

    department_id: int
    name: str
    people: int = 0
    pieces: int = 0
    reward_fen: int = 0
    deduction_fen: int = 0

    @property
    def net_fen(self) -> int:
        return self.reward_fen + self.deduction_fen


def by_department(entries: Sequence[BatchEntry]) -> list[DepartmentLine]:
    """By the department each piece was credited to, most first; a person may appear under two of them."""
    grouped: dict[int, list[BatchEntry]] = {}
    for entry in entries:
        grouped.setdefault(entry.department_id, []).append(entry)
    lines = [_department_line(ones, {entry.id for entry in entries}) for ones in grouped.values()]
    worth = [line for line in lines if line.reward_fen or line.deduction_fen]
    return sorted(worth, key=lambda line: (-line.net_fen, line.name, line.department_id))


def _department_line(entries: Sequence[BatchEntry], ours: set[int]) -> DepartmentLine:
    line = DepartmentLine(entries[0].department_id, entries[0].department_name)
    people: dict[tuple[int | None, int], BatchLine] = {}
    paid: dict[int, int] = {}
    for entry in entries:
        within = entry.reverses in ours
        one = people.setdefault(
            (entry.person_id, 0),
            BatchLine(entry.person_id, entry.department_id, entry.staff_no, entry.name, ""),
        )
        one.add(entry, within=within)
        if entry.placement_id is not None and (entry.kind == "reward" or within):
            paid[entry.placement_id] = paid.get(entry.placement_id, 0) + entry.amount_fen
    line.reward_fen = sum(one.reward_fen for one in people.values())
    line.deduction_fen = sum(one.deduction_fen for one in people.values())
    line.people = sum(1 for one in people.values() if one.person_id is not None and one.reward_fen > 0)
    line.pieces = sum(amount > 0 for amount in paid.values())
    return line


@dataclass(frozen=True)
class Totals:
    """The figures at the head of a batch."""

    reward_fen: int
    deduction_fen: int
    people: int
    entries: int
    pieces: int
    departments_deducted: int

    @property
    def net_fen(self) -> int:
        return self.reward_fen + self.deduction_fen


def totals(lines: Iterable[BatchLine], *, entries: int) -> Totals:
    lines = list(lines)
    return Totals(
        reward_fen=sum(line.reward_fen for line in lines),
        deduction_fen=sum(line.deduction_fen for line in lines),
        people=sum(1 for line in lines if line.person_id is not None),
        entries=entries,
        pieces=sum(line.pieces for line in lines),
        departments_deducted=sum(1 for line in lines if line.person_id is None),
    )
