"""Workbooks that leave: numbers as numbers, dates as dates, people's words as text whatever they begin with.

    book = Workbook()
    sheet = book.sheet("个人汇总", heading="2026年奖励汇总", columns=["姓名", "科室", "金额（元）"])
    sheet.row(["张三", "党办", yuan(140950)])
    sheet.total(["合计", "", yuan(140950)])
    sheet.line(capitals(140950))
    content = book.content()

A plain str is written as text, int and Decimal as numbers, date as a date, None as an empty cell; `yuan(fen)` as
an amount with two decimals.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from toolkit.money import fen_to_yuan

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FONT = "宋体"
HEADING_FONT = "黑体"
NARROWEST, WIDEST = 6, 48
LINE_HEIGHT = 14.5  # points, of the 11 point body
FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
DANGEROUS_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@dataclass(frozen=True)
class Value:
    """A cell's content with the format it is to have; made by text(), number(), yuan() and day()."""

    content: Any
    form: str


def text(content: object) -> Value:
    """Always text, also when it looks like a number: a staff number keeps its leading zeros."""
    return Value("" if content is None else str(content), "text")


def number(content: int | Decimal | float | None) -> Value:
    return Value(content, "number")


def index(content: int) -> Value:
    """A running number, centred so that it doesn't run into the next column."""
    return Value(content, "index")


def yuan(fen: int | None) -> Value:
    """An amount in fen, shown as yuan with two decimals and added up by Excel as a number."""
    return Value(None if fen is None else fen_to_yuan(fen), "yuan")


def percent(share: Decimal | float | None) -> Value:
    """0.25 shows as 25%."""
    return Value(share, "percent")


def day(content: date | datetime | None) -> Value:
    """A date in local time, as a real date."""
    if isinstance(content, datetime):
        content = timezone.localtime(content).date() if timezone.is_aware(content) else content.date()
    return Value(content, "date")


def csv_safe(content: object) -> str:
    """A person's text for a csv file: what a spreadsheet would run as a formula gets an apostrophe in front."""
    plain = "" if content is None else str(content)
    return "'" + plain if plain.lstrip(" ").startswith(DANGEROUS_STARTS) else plain


class Workbook:
    """An .xlsx in the making. `large=True` streams rows to disk: any number of rows in little memory."""

    text = staticmethod(text)
    number = staticmethod(number)
    yuan = staticmethod(yuan)
    date = staticmethod(day)
    percent = staticmethod(percent)

    def __init__(self, *, title: str = "", large: bool = False) -> None:
        self._target = BytesIO()
        options = {"constant_memory": True} if large else {"in_memory": True}
        self._book = xlsxwriter.Workbook(
            self._target, {**options, "strings_to_formulas": False, "strings_to_urls": False}
        )
        self._book.set_properties({"title": title})
        self._formats: dict[tuple[str, str], Any] = {}
        self._sheets: dict[str, Sheet] = {}

    def sheet(
        self,
        name: str,
        *,
        columns: Sequence[str | Promise],
        heading: str = "",
        note: str = "",
        widths: Mapping[int, float] | None = None,
        freeze_columns: int = 0,
        landscape: bool = True,
        row_height: float = 18,
    ) -> Sheet:
        """A new sheet with its header row; `widths` fixes columns (from 0) that shouldn't measure themselves.

        A row grows above `row_height` (points) when words wrap within a fixed column.

        `note` is a line at the right above the header row, such as the unit of the amounts.
        """
        unique = self._free_name(name)
        sheet = Sheet(
            self,
            self._book.add_worksheet(unique),
            [str(column) for column in columns],
            widths or {},
            row_height,
        )
        sheet._begin(heading, note, freeze_columns=freeze_columns, landscape=landscape)
        self._sheets[unique.lower()] = sheet
        return sheet

    def content(self) -> bytes:
        """The finished file. The workbook can't be written to any more."""
        for sheet in self._sheets.values():
            sheet._finish()
        self._book.close()
        return self._target.getvalue()

    def _free_name(self, name: str) -> str:
        """At most 31 characters, none that Excel refuses, and none twice."""
        base = name.translate(FORBIDDEN_IN_NAMES).strip()[:31] or "Sheet"
        unique, count = base, 1
        while unique.lower() in self._sheets:
            count += 1
            tail = f" ({count})"
            unique = base[: 31 - len(tail)] + tail
        return unique

    def _format(self, form: str, style: str) -> Any:
        key = (form, style)
        if key not in self._formats:
            self._formats[key] = self._book.add_format({**FORMS[form], **STYLES[style]})
        return self._formats[key]


FORMS: dict[str, dict[str, Any]] = {
    "text": {"align": "left", "indent": 1},
    "index": {"align": "center", "num_format": "0"},
    "number": {"align": "right", "indent": 1, "num_format": "#,##0.##"},
    "whole": {"align": "right", "indent": 1, "num_format": "#,##0"},
    "yuan": {"align": "right", "indent": 1, "num_format": "#,##0.00"},
    "percent": {"align": "right", "indent": 1, "num_format": "0%"},
    "date": {"align": "center", "num_format": "yyyy-mm-dd"},
}
_BASE: dict[str, Any] = {"font_name": FONT, "font_size": 11, "valign": "vcenter"}
STYLES: dict[str, dict[str, Any]] = {
    "body": {**_BASE, "border": 1, "border_color": "#B0BEC5", "text_wrap": True},
    "header": {
        **_BASE,
        "border": 1,
        "bold": True,
        "bg_color": "#E6F1F1",
        "align": "center",
        "indent": 0,
        "text_wrap": True,
    },
    "total": {**_BASE, "border": 1, "bold": True, "top": 2},
    "heading": {**_BASE, "font_name": HEADING_FONT, "font_size": 16, "align": "center", "indent": 0},
    "line": {**_BASE, "indent": 0, "text_wrap": True},
    "note": {**_BASE, "align": "right", "indent": 0},
}


class Sheet:
    """Rows go in from top to bottom."""

    def __init__(
        self, book: Workbook, sheet: Any, columns: list[str], widths: Mapping[int, float], row_height: float
    ) -> None:
        self._book = book
        self._row_height = row_height
        self._sheet = sheet
        self._columns = columns
        self._fixed = dict(widths)
        self._widths = [_width_of(column) for column in columns]
        self._next = 0
        self._header_row = 0

    def row(self, values: Iterable[object]) -> None:
        self._write(values, "body")

    def total(self, values: Iterable[object]) -> None:
        """A row that stands out: 合计."""
        self._write(values, "total")

    def line(self, words: object, *, height: float = 24) -> None:
        """A line across all columns: the sum in capitals, a signature line, a remark."""
        self._across(str(words), "line", height)

    def blank(self) -> None:
        self._next += 1

    def _begin(self, heading: str, note: str, *, freeze_columns: int, landscape: bool) -> None:
        if heading:
            self._across(heading, "heading", 32)
        if note:
            self._across(note, "note", 20)
        self._header_row = self._next
        self._sheet.set_row(
            self._next, LINE_HEIGHT * max(map(self._header_lines, range(len(self._columns)))) + 6
        )
        for column, title in enumerate(self._columns):
            self._sheet.write_string(self._next, column, title, self._book._format("text", "header"))
        self._next += 1
        self._sheet.freeze_panes(self._next, freeze_columns)
        self._sheet.repeat_rows(0, self._header_row)
        self._sheet.set_paper(9)  # A4
        if landscape:
            self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        self._sheet.center_horizontally()
        self._sheet.set_footer("&C" + _("Page %(page)s of %(pages)s") % {"page": "&P", "pages": "&N"})

    def _header_lines(self, column: int) -> int:
        """A heading has no indent, so it needs less room around it."""
        return math.ceil(_width_of(self._columns[column]) / max(self._fixed.get(column, WIDEST) - 1, 1))

    def _across(self, words: str, style: str, height: float) -> None:
        form = self._book._format("text", style)
        self._sheet.set_row(self._next, height)
        if len(self._columns) > 1:
            # Merged empty and written apart: merge_range would guess a type from the words.
            self._sheet.merge_range(self._next, 0, self._next, len(self._columns) - 1, "", form)
        self._sheet.write_string(self._next, 0, words, form)
        self._next += 1

    def _write(self, values: Iterable[object], style: str) -> None:
        cells = [_value(raw) for raw in values]
        # Office programs don't all fit rows to wrapped words by themselves when they open a file.
        lines = max((self._lines_of(column, value) for column, value in enumerate(cells)), default=1)
        self._sheet.set_row(self._next, max(self._row_height, LINE_HEIGHT * lines + 3))
        for column, value in enumerate(cells):
            self._cell(column, value, style)
            if column < len(self._widths):
                self._widths[column] = max(self._widths[column], _width_of(_shown(value)))
        self._next += 1

    def _lines_of(self, column: int, value: Value) -> int:
        """How many lines the words take in their column; its indent and margins cost some room."""
        if value.form != "text" or not value.content:
            return 1
        room = max(self._fixed.get(column, WIDEST) - 3, 1)
        return sum(max(1, math.ceil(_width_of(line) / room)) for line in str(value.content).split("\n"))

    def _cell(self, column: int, value: Value, style: str) -> None:
        content, form = value.content, value.form
        if form == "number" and (
            isinstance(content, int) or (content is not None and content == int(content))
        ):
            form = "whole"
        layout = self._book._format(form, style)
        if content is None or content == "":
            self._sheet.write_blank(self._next, column, None, layout)
        elif form == "text":
            self._sheet.write_string(self._next, column, content[:32767], layout)
        elif form == "date":
            self._sheet.write_datetime(self._next, column, content, layout)
        else:
            self._sheet.write_number(self._next, column, float(content), layout)

    def _finish(self) -> None:
        for column, measured in enumerate(self._widths):
            width = self._fixed.get(column, min(max(measured + 2, NARROWEST), WIDEST))
            self._sheet.set_column(column, column, width)


def _value(raw: object) -> Value:
    if isinstance(raw, Value):
        return raw
    if isinstance(raw, bool):
        return text(_("yes") if raw else _("no"))
    if isinstance(raw, int | Decimal | float):
        return number(raw)
    if isinstance(raw, date):
        return day(raw)
    return text(raw)


def _shown(value: Value) -> str:
    if value.content is None:
        return ""
    if value.form == "yuan":
        return f"{value.content:,.2f}"
    if value.form == "date":
        return "2026-01-01"
    return str(value.content)


def _width_of(words: str) -> float:
    """In characters of the standard font; a Chinese one is two wide. The longest line counts."""
    return max(
        (
            sum(2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in line)
            for line in words.split("\n")
        ),
        default=0,
    )
