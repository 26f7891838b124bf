"""Run as a program: a table file on stdin, JSON on stdout. Knows nothing of Django; see reader.py for the caller.

The answer is {"tables": [{name, caption, rows}]} or {"refused": code}. A cell is its text, or [text] when it only
repeats the merged area it lies in. Rows start at the sheet's first row.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from openpyxl import load_workbook

MOST_ROWS = 20_000
MOST_CELLS = 400_000
MOST_COLUMNS = 1_000
MOST_UNPACKED = 120 * 1024 * 1024
MOST_ENTRIES = 2_000
MOST_RATIO = 200
# On top of what Python and the libraries take: room for the largest table we accept.
MEMORY = 400 * 1024 * 1024

OLE_HEADER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DECLARATIONS = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell[^>]{0,20}ref=.\$?([A-Z]{1,3})\$?([0-9]{1,7}):\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.I
)
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
TRANSPARENT = {WORD + name for name in ("sdt", "sdtContent", "ins", "smartTag", "customXml")}

Grid = list[list[Any]]
Tables = list[dict[str, Any]]


class Refused(Exception):
    """Its text is the code reader.py has a sentence for."""


def main() -> None:
    kind, seconds = sys.argv[1], int(sys.argv[2])
    content = sys.stdin.buffer.read()
    limit_resources(seconds)
    try:
        answer: dict[str, Any] = {"tables": tables_of(content, kind)}
    except Refused as refusal:
        answer = {"refused": str(refusal)}
    except MemoryError:
        answer = {"refused": "too_complex"}
    except Exception:  # a damaged file can make the parsers raise anything at all
        answer = {"refused": "damaged"}
    # Plain ASCII: the parent's idea of an encoding doesn't matter then.
    sys.stdout.write(json.dumps(answer))


def limit_resources(seconds: int) -> None:
    try:
        import resource
    except ImportError:  # not a Unix; the parent's time limit still holds
        return
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    try:
        with open("/proc/self/statm") as statm:
            base = int(statm.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (base + MEMORY, base + MEMORY))
    except (OSError, ValueError):
        return  # no /proc (macOS): time and size limits are what remains


def tables_of(content: bytes, kind: str) -> Tables:
    if content.startswith(OLE_HEADER):
        raise Refused("old_format")
    if kind == "csv":
        return csv_tables(content)
    if not content.startswith(b"PK"):
        raise Refused("kind")
    check_archive(content, main_part={"xlsx": "xl/workbook.xml", "docx": "word/document.xml"}[kind])
    found = xlsx_tables(content) if kind == "xlsx" else docx_tables(content)
    if not found:
        raise Refused("no_table")
    return found


def check_archive(content: bytes, *, main_part: str) -> None:
    """Refuse before any parser sees it what is a bomb, has macros, or isn't this kind of file."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except zipfile.BadZipFile:
        raise Refused("damaged") from None
    with archive:
        entries = archive.infolist()
        names = {entry.filename for entry in entries}
        if any(name.lower().endswith("vbaproject.bin") for name in names):
            raise Refused("macros")
        if main_part not in names:
            raise Refused("kind")
        unpacked = sum(entry.file_size for entry in entries)
        if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
            raise Refused("too_complex")
        if unpacked > 10_000_000 and unpacked > MOST_RATIO * len(content):
            raise Refused("too_complex")
        for entry in entries:
            if entry.filename.lower().endswith((".xml", ".rels")):
                check_part(archive, entry)


def check_part(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Read in pieces: the sizes an archive states may be lies, and entities are never needed."""
    rows = cells = merged = size = 0
    tail = b""
    with archive.open(entry) as part:
        while piece := part.read(1 << 20):
            if not size and piece[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise Refused("damaged")  # no office program writes UTF-16, and it would hide a declaration
            size += len(piece)
            text = tail + piece
            tail = piece[-48:]
            if DECLARATIONS.search(text):
                raise Refused("damaged")
            rows += piece.count(b"<row ") + piece.count(b"<row>")
            cells += piece.count(b"<c ") + piece.count(b"<c>") + piece.count(b"<w:tc>")
            # openpyxl makes a cell for every place of a merged area while it loads, before we can look at it.
            merged += sum(area_size(found) for found in MERGED.finditer(text))
            if size > MOST_UNPACKED or max(cells, merged) > MOST_CELLS or rows > 4 * MOST_ROWS:
                raise Refused("too_many")


def area_size(found: re.Match[bytes]) -> int:
    """How many places A1:C4 has."""
    left, top, right, bottom = found.groups()
    width = column_number(right) - column_number(left) + 1
    return width * (int(bottom) - int(top) + 1)


def column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def xlsx_tables(content: bytes) -> Tables:
    book = load_workbook(io.BytesIO(content), data_only=True, keep_links=False)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    found = []
    for sheet in shown or book.worksheets:
        rows = sheet_rows(sheet)
        if rows:
            found.append({"name": sheet.title, "caption": "", "rows": rows})
    return found


def sheet_rows(sheet: Any) -> Grid:
    """The filled-in part of a sheet. Goes by the cells there are: a stray format in row 1,048,576 costs nothing."""
    texts: dict[tuple[int, int], str] = {}
    for (row, column), cell in sheet._cells.items():  # iter_rows would walk every empty place
        text = words(getattr(cell, "value", None))
        if text:
            texts[row, column] = text
    merged: dict[tuple[int, int], str] = {}
    for area in sheet.merged_cells.ranges:
        text = texts.get((area.min_row, area.min_col), "")
        if not text:
            continue
        if area.size["rows"] * area.size["columns"] > MOST_CELLS:
            raise Refused("too_many")
        for row in range(area.min_row, area.max_row + 1):
            for column in range(area.min_col, area.max_col + 1):
                if (row, column) != (area.min_row, area.min_col):
                    merged[row, column] = text
    return grid(texts, merged)


def grid(texts: dict[tuple[int, int], str], merged: dict[tuple[int, int], str]) -> Grid:
    """A full rectangle from the first row and column to the last one with text of its own or a merged row."""
    places = [*texts, *merged]
    height = max((row for row, _ in places), default=0)
    width = max((column for _, column in places), default=0)
    if height > MOST_ROWS or width > MOST_COLUMNS or height * width > MOST_CELLS:
        raise Refused("too_many")
    return [
        [
            [merged[row, column]] if (row, column) in merged else texts.get((row, column), "")
            for column in range(1, width + 1)
        ]
        for row in range(1, height + 1)
    ]


def words(value: Any) -> str:
    """A cell's value as its reader sees it: whole numbers without ".0", dates as 2024-03-08."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).replace("\xa0", " ").replace("\u3000", " ").replace("_x000D_", "").strip()


def docx_tables(content: bytes) -> Tables:
    """Tables of the body in order, each with the paragraphs between it and the one before."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        root = etree.fromstring(archive.read("word/document.xml"), parser)
    body = root.find(WORD + "body")
    found: Tables = []
    lines: list[str] = []
    for element in children(body, {WORD + "p", WORD + "tbl"}):
        if element.tag == WORD + "p":
            lines += [line for line in [paragraph(element)] if line]
            continue
        rows = word_rows(element)
        if any(any(row) for row in rows):
            name = lines[-1][:60] if lines else str(len(found) + 1)
            found.append({"name": name, "caption": "\n".join(lines[-5:]), "rows": rows})
        lines = []
    return found


def children(parent: Any, tags: set[str]) -> Iterator[Any]:
    """Direct children of these kinds, seeing through content controls and accepted-looking insertions."""
    for child in () if parent is None else parent:
        if child.tag in tags:
            yield child
        elif child.tag in TRANSPARENT:
            yield from children(child, tags)


def word_rows(table: Any) -> Grid:
    """A cell over several columns or rows repeats its text, as in a sheet."""
    texts: dict[tuple[int, int], str] = {}
    merged: dict[tuple[int, int], str] = {}  # blanks are kept here for now: the row below may continue them
    for number, row in enumerate(children(table, {WORD + "tr"}), 1):
        column = 1 + whole(row, "trPr", "gridBefore")
        for cell in children(row, {WORD + "tc"}):
            span = max(1, whole(cell, "tcPr", "gridSpan"))
            if column + span > MOST_COLUMNS:
                raise Refused("too_many")
            place = (number, column)
            if continues(cell):
                above = (number - 1, column)
                merged[place] = merged.get(above, texts.get(above, ""))
            else:
                texts[place] = "\n".join(
                    line for line in map(paragraph, children(cell, {WORD + "p"})) if line
                )
            text = merged.get(place, texts.get(place, ""))
            merged.update({(number, column + step): text for step in range(1, span)})
            column += span
    return grid(texts, {place: text for place, text in merged.items() if text})


def whole(element: Any, group: str, name: str) -> int:
    found = element.find(f"{WORD}{group}/{WORD}{name}")
    value = "" if found is None else found.get(WORD + "val", "")
    return int(value) if value.isdigit() else 0


def continues(cell: Any) -> bool:
    """A vertical merge is "restart" in its first cell and "continue" (or nothing) below."""
    found = cell.find(f"{WORD}tcPr/{WORD}vMerge")
    return found is not None and found.get(WORD + "val", "continue") == "continue"


def paragraph(element: Any) -> str:
    """The words of a paragraph, deletions under tracked changes left out."""
    parts = []
    for node in element.iter(WORD + "t", WORD + "tab", WORD + "br", WORD + "cr"):
        parts.append(
            node.text or "" if node.tag == WORD + "t" else "\t" if node.tag == WORD + "tab" else "\n"
        )
    return words("".join(parts))


def csv_tables(content: bytes) -> Tables:
    text = decoded(content)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(1_000_000)
    rows: Grid = []
    cells = 0
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        rows.append([words(value) for value in row])
        cells += len(row)
        if len(rows) > MOST_ROWS or cells > MOST_CELLS:
            raise Refused("too_many")
    while rows and not any(rows[-1]):
        rows.pop()
    if not rows:
        raise Refused("no_table")
    width = max(len(row) for row in rows)
    if width * len(rows) > MOST_CELLS:
        raise Refused("too_many")
    return [{"name": "csv", "caption": "", "rows": [row + [""] * (width - len(row)) for row in rows]}]


def decoded(content: bytes) -> str:
    """UTF-8, the Chinese Windows encoding, or the UTF-16 Excel calls "Unicode text"."""
    encodings = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Refused("encoding")


if __name__ == "__main__":
    main()
