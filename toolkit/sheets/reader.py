"""Uploaded tables are parsed by a child process that may run out of memory or time without hurting anyone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from django.conf import settings
from django.utils.translation import gettext as _

from toolkit.refusals import UploadRefused, noted

Kind = Literal["xlsx", "docx", "csv"]
CHILD = Path(__file__).with_name("child.py")


class SheetRefused(UploadRefused):
    """The table can't be read; the message says why and what to do."""


@dataclass(frozen=True)
class Cell:
    """`text` as a person reads it, trimmed. `row` and `column` count from 1, as the program shows them.

    `merged` marks a cell that only repeats the text of the merged area it lies in.
    """

    text: str
    row: int
    column: int
    merged: bool = False

    @property
    def reference(self) -> str:
        """ "B7"."""
        letters, number = "", self.column
        while number:
            number, rest = divmod(number - 1, 26)
            letters = chr(65 + rest) + letters
        return f"{letters}{self.row}"


@dataclass(frozen=True)
class Table:
    """One sheet, one table of a Word file, or the whole of a csv. All rows have the same number of cells.

    `caption` holds the paragraphs before a Word table, one per line.
    """

    name: str
    rows: list[list[Cell]] = field(default_factory=list)
    caption: str = ""

    def texts(self) -> list[list[str]]:
        return [[cell.text for cell in row] for row in self.rows]


@noted("sheet")
def read_tables(content: bytes, *, kind: Kind) -> list[Table]:
    """Every table with something in it, in the file's order. Raises SheetRefused with a sentence."""
    if not content:
        raise _refusal("empty")
    if len(content) > _max_bytes():
        raise _refusal("file_too_large")
    answer = _ask_child(content, kind)
    if "refused" in answer:
        raise _refusal(str(answer["refused"]))
    return [_table(table) for table in answer["tables"]]


def _max_bytes() -> int:
    return int(getattr(settings, "UPLOAD_FILE_MAX_BYTES", 20 * 1024 * 1024))


def _ask_child(content: bytes, kind: str) -> dict[str, Any]:
    seconds = int(getattr(settings, "SHEET_SECONDS", 20))
    # -I: nothing from the environment or the working folder gets into the child.
    command = [sys.executable, "-I", str(CHILD), kind, str(seconds)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=seconds + 5, check=False)
    except subprocess.TimeoutExpired:
        return {"refused": "too_complex"}
    if done.returncode != 0:
        return {"refused": "too_complex" if done.returncode < 0 else "damaged"}
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _table(data: dict[str, Any]) -> Table:
    """The child sends {name, caption, first: row number, rows: [[text or [text] when merged]]}."""
    rows = [
        [
            Cell(value[0] if isinstance(value, list) else value, number, column, isinstance(value, list))
            for column, value in enumerate(row, 1)
        ]
        for number, row in enumerate(data["rows"], 1)
    ]
    return Table(data["name"], rows, data["caption"])


def _refusal(code: str) -> SheetRefused:
    sentences = {
        "empty": _("The file is empty. Please choose another."),
        "file_too_large": _("The file is larger than %(size)s MB. Please choose a smaller one.")
        % {"size": _max_bytes() // 1024 // 1024},
        "old_format": _(
            "The file is in the old format or protected by a password. Open it, remove the password, save it "
            "as .xlsx or .docx, and choose it again."
        ),
        "macros": _(
            "The file contains macros. Please save it without macros (.xlsx or .docx) and choose it again."
        ),
        "kind": _("This isn't a table we can read. Please choose an .xlsx, .docx or .csv file."),
        "too_many": _("The table has too many rows or cells. Please keep only the part that is needed."),
        "too_complex": _(
            "The file is too large or too complicated to read. Copy the table into a new file and choose that."
        ),
        "encoding": _("The text in the file can't be read. Please save it as .xlsx and choose it again."),
        "no_table": _("There is no table in the file. Please check that it is the right one."),
    }
    damaged = _("The file is damaged. Open it, save it under a new name, and choose it again.")
    return SheetRefused(sentences.get(code, damaged), code=code)
