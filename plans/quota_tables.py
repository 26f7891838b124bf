"""Reads a 目标任务分解表 as hospitals write it. Pure: table cells in, dataclasses out, no database.

Two steps. `extract` finds the table and its rows; `read_rows` turns each row's words into targets:

    22篇信息 · 20（报刊新闻报道） · 16（县电视台新闻报道，12篇新闻，4篇专题） · 微博每月10条

`render` writes a target back in words that read as the same target.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from plans.numerals import NUMBER, half_width, parse_number

YEAR = "year"
MONTH = "month"
LARGEST_TARGET = 100_000
LONGEST_NAME, LONGEST_NOTE, LONGEST_TEXT = 40, 200, 300
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

UNITS = "篇|条|次|期|个|场|件|幅|部|份|则|个月"
OPEN, CLOSE = "（(", "）)"
COMMAS = r"[，,、；;]"
PER_MONTH = r"每个月|每月|月均"
PER_YEAR = r"全年|每年|年度|年"


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
class QuotaLine:
    """One target. `parts` are sub-quotas (其中): (label, target)."""

    row: int
    department: str
    text: str
    category: str
    target: int
    period: str = YEAR
    note: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    unit: str = ""
    responsible: str = ""

    @property
    def per_year(self) -> int:
        return self.target * 12 if self.period == MONTH else self.target


@dataclass(frozen=True)
class Problem:
    """What can't be read, in which row. `code` with `values` lets the page say it in the reader's language."""

    row: int
    text: str
    code: str
    values: dict[str, str | int] = field(default_factory=dict)


class Unreadable(ValueError):
    """One text isn't a target; `code` names why (see `imports.PROBLEMS`)."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


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


def squeeze(text: str) -> str:
    """White space taken out, but for single spaces between Latin letters; digits half-width."""
    text = half_width(text.replace("\u3000", " ")).strip()
    return re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", "", text)


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


def split_items(text: str) -> list[str]:
    """The targets of one cell: separated by line breaks or semicolons, or by commas where every piece is a target."""
    found: list[str] = []
    for block in _split_outside_brackets(text, "\n\r；;"):
        pieces = _split_outside_brackets(block, "，,、。")
        found += pieces if len(pieces) > 1 and all(map(_is_item, pieces)) else [block]
    return found


def _is_item(text: str) -> bool:
    try:
        parse_item(text)
    except Unreadable:
        return False
    return True


def _split_outside_brackets(text: str, separators: str) -> list[str]:
    pieces, depth = [""], 0
    for position, sign in enumerate(text):
        depth += (sign in OPEN) - (sign in CLOSE)
        # A comma between digits groups thousands.
        grouping = sign == "," and re.match(r"\d,\d{3}(?!\d)", text[max(position - 1, 0) :]) is not None
        if sign in separators and depth <= 0 and not grouping:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [piece.strip() for piece in pieces if piece.strip()]


# --- one target in words -----------------------------------------------------------------------------------------

_COUNT = rf"(?P<number>{NUMBER})(?P<unit>{UNITS})?"
_NAME = r"(?P<category>[^0-9（()）]+?)"
_NOTE = r"(?:[（(](?P<inner>.*)[）)])?[。.]?"
_PERIOD = rf"(?P<period>{PER_MONTH}|{PER_YEAR})?"
_FORMS = [
    re.compile(rf"{_PERIOD}{_COUNT}{_NAME}{_NOTE}"),  # 22篇信息, 每月2篇信息（…）
    re.compile(rf"{_NAME}{_PERIOD}{_COUNT}{_NOTE}"),  # 微博每月10条, 信息22篇
    re.compile(rf"{_PERIOD}{_COUNT}[（(](?P<inner>.+)[）)][。.]?"),  # 20（报刊新闻报道）
]
_PART = [
    re.compile(rf"(?P<number>{NUMBER})(?P<unit>{UNITS})?(?P<label>[^0-9（()）]+)"),
    re.compile(rf"(?P<label>[^0-9（()）]+?)(?P<number>{NUMBER})(?P<unit>{UNITS})?"),
]


def parse_item(text: str) -> QuotaLine:
    """The target a text means (row 0, no department). Raises Unreadable."""
    # 5次/年 is written for 每年5次.
    plain = re.sub(rf"({NUMBER})({UNITS})[/／](年|月)", r"每\3\1\2", squeeze(text))
    _refuse_odd_numbers(plain)
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is not None and (line := _line(text, match.groupdict())) is not None:
            return line
    if re.fullmatch(rf"{NUMBER}(?:{UNITS})?", plain):
        raise Unreadable("no_category")
    raise Unreadable("unreadable")


def _refuse_odd_numbers(plain: str) -> None:
    # A hyphen after a digit is a range; at the start or after a word it is a minus sign.
    if re.search(r"\d[-–—~～至]\d", plain):
        raise Unreadable("range")
    if re.search(r"[-－−–—负]\s*[0-9]", plain):
        raise Unreadable("negative")
    if re.search(r"\d[.．]\d", plain):
        raise Unreadable("not_whole")
    outside = re.sub(r"[（(].*[）)]", "", plain)
    if (
        re.search(r"每半?个?(?:周|星期|季|季度|天|日|年度?)", outside.replace("每年", ""))
        or "半年" in outside
    ):
        raise Unreadable("period")


def _line(text: str, found: dict[str, str | None]) -> QuotaLine | None:
    number, unit = found["number"] or "", found["unit"] or ""
    target = parse_number(number)
    if target is None or (not unit and not number[0].isascii() and "category" in found):
        return None
    category, inner = found.get("category") or "", found["inner"] or ""
    parts: tuple[tuple[str, int], ...] = ()
    if category:
        note, parts = inner, _parts(inner)
    else:
        category, note, parts = _named_inside(inner)
    category = _clean_category(category)
    # 22篇（信息）: the unit isn't what is counted.
    if not category or category in UNITS.split("|"):
        return None
    _check(target, parts)
    _check_lengths(category, note, parts, text)
    period = MONTH if re.fullmatch(PER_MONTH, found["period"] or "") else YEAR
    return QuotaLine(0, "", text.strip(), category, target, period, note, parts, unit)


def _clean_category(text: str) -> str:
    return text.strip("，,、：:；;。的 ")


def _named_inside(inner: str) -> tuple[str, str, tuple[tuple[str, int], ...]]:
    """县电视台新闻报道，12篇新闻，4篇专题 → its category, a note in the usual words, and the parts."""
    head, *rest = re.split(COMMAS, inner, maxsplit=1)
    if re.search(r"\d", head):
        return "", "", ()
    tail = rest[0] if rest else ""
    parts = _parts(tail)
    if not parts:
        return head, tail, ()
    units = [match["unit"] or "" for match in _part_matches(tail)]
    shown = "，".join(f"{label}{target}{unit}" for (label, target), unit in zip(parts, units, strict=True))
    return head, f"其中{shown}", parts


def _parts(inner: str) -> tuple[tuple[str, int], ...]:
    """Sub-quotas when every piece of the note is one; an ordinary note has none."""
    matches = list(_part_matches(inner))
    pieces = [piece for piece in re.split(COMMAS, inner) if piece]
    if not pieces or len(matches) != len(pieces):
        return ()
    return tuple((match["label"].strip("：:为"), parse_number(match["number"]) or 0) for match in matches)


def _part_matches(inner: str) -> Iterator[re.Match[str]]:
    for piece in re.split(COMMAS, inner):
        plain = re.sub(r"^(?:其中|含|包括)[：:]?", "", piece)
        for form in _PART:
            match = form.fullmatch(plain)
            # 三八节宣传 is a name that begins with a numeral: only a number with a unit, or in digits, counts.
            if (
                match
                and parse_number(match["number"]) is not None
                and (match["unit"] or match["number"].isascii())
            ):
                yield match
                break


def _check(target: int, parts: tuple[tuple[str, int], ...]) -> None:
    if target < 1 or any(part < 1 for _, part in parts):
        raise Unreadable("zero")
    if target > LARGEST_TARGET:
        raise Unreadable("too_large", largest=LARGEST_TARGET)
    labels = [label for label, _ in parts]
    if len(set(labels)) < len(labels):
        raise Unreadable("duplicate_part")
    if sum(part for _, part in parts) > target:
        raise Unreadable("parts_above", sum=sum(part for _, part in parts), target=target)


def _check_lengths(category: str, note: str, parts: tuple[tuple[str, int], ...], text: str) -> None:
    labels = max((len(label) for label, _ in parts), default=0)
    if max(len(category), labels) > LONGEST_NAME or len(note) > LONGEST_NOTE or len(text) > LONGEST_TEXT:
        raise Unreadable("too_long")


def render(line: QuotaLine) -> str:
    """The target in words that `parse_item` reads as the same category, target, period, note and parts."""
    unit = line.unit or "篇"
    note = f"（{line.note}）" if line.note else ""
    if line.period == MONTH:
        return f"{line.category}每月{line.target}{unit}{note}"
    return f"{line.target}{unit}{line.category}{note}"


def parse_total(text: str) -> dict[str, int]:
    """What a 合计 row states, by category; a bare number has the category "". Unreadable pieces are left out."""
    stated: dict[str, int] = {}
    for item in split_items(text):
        bare = re.fullmatch(rf"({NUMBER})(?:{UNITS})?", squeeze(item))
        if bare and (value := parse_number(bare[1])) is not None:
            stated[""] = value
            continue
        try:
            line = parse_item(item)
        except Unreadable:
            continue
        stated[line.category] = line.target
    return stated
