"""Reads a 目标任务分解表 as hospitals write it. Pure: table cells in, dataclasses out, no database.

Two steps. `extract` finds the table and its rows; `read_rows` turns each row's words into targets, of which
`quota_words` reads one at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from plans.quota_words import QuotaLine, Unreadable, parse_item, split_items, squeeze

HEADER_ROWS = 30
"""A header further down than this is no header: a title and a note or two stand above it at most."""

DEPARTMENT_HEADINGS = {
    "科室",
    "部门",
    "科别",
    "科室名称",
    "部门名称",
    "责任科室",
    "责任部门",
    "承办科室",
    "科室部门",
    "部门科室",
}
TARGET_HEADINGS = {
    "目标数",
    "任务",
    "目标",
    "目标任务",
    "任务数",
    "任务目标",
    "任务指标",
    "目标值",
    "指标",
    "目标任务数",
    "年度目标",
    "年度任务",
    "任务分解",
    "目标任务分解",
    "宣传任务",
    "信息任务",
    "任务量",
}
RESPONSIBLE_HEADINGS = {"责任人", "负责人", "第一责任人"}
TOTALS = {"合计", "总计", "共计", "总数"}


class CellLike(Protocol):
    @property
    def text(self) -> str: ...

    @property
    def row(self) -> int: ...


class TableLike(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def caption(self) -> str: ...

    @property
    def rows(self) -> Sequence[Sequence[CellLike]]: ...


@dataclass(frozen=True)
class SourceRow:
    """One row under the header: `row` counts from 1 as the spreadsheet shows it."""

    row: int
    department: str
    text: str
    responsible: str = ""


@dataclass(frozen=True)
class Extract:
    """The rows of one table that has the header. `total` is what its 合计 row says, in words."""

    caption: str
    rows: list[SourceRow]
    total: str = ""
    total_row: int = 0


@dataclass(frozen=True)
class Problem:
    """What can't be read, in which row. `code` with `values` lets the page say it in the reader's language."""

    row: int
    text: str
    code: str
    values: dict[str, str | int] = field(default_factory=dict)


class NoTable(ValueError):
    """No table has the two columns; `code` says what is missing: `no_table`, `no_department`, `no_target`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Reading:
    lines: list[QuotaLine]
    problems: list[Problem]

    def sums(self) -> dict[str, int]:
        """Category → the sum of its targets as written (monthly ones count once, as a 合计 row counts them)."""
        found: dict[str, int] = {}
        for line in self.lines:
            found[line.category] = found.get(line.category, 0) + line.target
        return found


# --- finding the table ------------------------------------------------------------------------------------------


def extract(tables: Iterable[TableLike]) -> list[Extract]:
    """Every table with a 科室 and a 目标数 column. Raises NoTable when there is none."""
    found: list[Extract] = []
    missing = "no_table"
    for table in tables:
        columns = _header(table)
        if isinstance(columns, str):
            missing = columns if missing == "no_table" else missing
        else:
            found.append(_extract(table, *columns))
    if not found:
        raise NoTable(missing)
    return found


def _header(table: TableLike) -> tuple[int, int, int, int | None] | str:
    """(header's index, department column, target column, responsible column), or the code of what is missing."""
    missing = "no_table"
    for index, row in enumerate(table.rows[:HEADER_ROWS]):
        words = [re.sub(r"[（(].*$", "", squeeze(cell.text)) for cell in row]
        department = _column(words, DEPARTMENT_HEADINGS)
        target = _column(words, TARGET_HEADINGS)
        if department is not None and target is not None:
            return index, department, target, _column(words, RESPONSIBLE_HEADINGS)
        if department is not None:
            missing = "no_target"
        elif target is not None:
            missing = "no_department"
    return missing


def _column(words: list[str], headings: set[str]) -> int | None:
    return next((index for index, word in enumerate(words) if word in headings), None)


def _extract(table: TableLike, header: int, department: int, target: int, responsible: int | None) -> Extract:
    rows: list[SourceRow] = []
    total, total_row = "", 0
    for cells in table.rows[header + 1 :]:
        name, text = _cell(cells, department), _cell(cells, target).strip()
        word = squeeze(name).strip("：:")
        if word in TOTALS:
            total, total_row = text, cells[0].row
        elif (word or text) and squeeze(text) not in TARGET_HEADINGS:
            person = "" if responsible is None else squeeze(_cell(cells, responsible))
            rows.append(SourceRow(cells[0].row, squeeze(name), text, person))
    # The nearest paragraph above a Word table is its title; a sheet has its name.
    return Extract(
        table.caption.strip().splitlines()[-1] if table.caption.strip() else table.name,
        rows,
        total,
        total_row,
    )


def _cell(cells: Sequence[CellLike], column: int) -> str:
    return cells[column].text if column < len(cells) else ""


# --- reading the rows -------------------------------------------------------------------------------------------


def read_rows(rows: Iterable[SourceRow]) -> Reading:
    """Targets and problems of the rows, in their order. An empty department cell belongs to the one above."""
    lines: list[QuotaLine] = []
    problems: list[Problem] = []
    blocks: dict[str, int] = {}
    current, repeated = "", False
    for row in rows:
        if row.department and row.department != current:
            current, repeated = row.department, row.department in blocks
            if repeated:
                values: dict[str, str | int] = {"department": current, "first": blocks[current]}
                problems.append(Problem(row.row, row.text, "duplicate_department", values))
            blocks.setdefault(current, row.row)
        if not current:
            problems.append(Problem(row.row, row.text, "no_department_name"))
        elif not repeated:
            _read_row(replace(row, department=current), lines, problems)
    return Reading(lines, problems)


def _read_row(row: SourceRow, lines: list[QuotaLine], problems: list[Problem]) -> None:
    if not row.text.strip():
        problems.append(Problem(row.row, row.department, "empty"))
    for text in split_items(row.text):
        try:
            line = parse_item(text)
        except Unreadable as why:
            problems.append(Problem(row.row, text, why.code, why.values))
            continue
        twin = next((x for x in lines if (x.department, x.category) == (row.department, line.category)), None)
        if twin is not None:
            values: dict[str, str | int] = {
                "department": row.department,
                "category": line.category,
                "first": twin.row,
            }
            problems.append(Problem(row.row, text, "duplicate_category", values))
            continue
        lines.append(replace(line, row=row.row, department=row.department, responsible=row.responsible))
