"""What the imports of the admin share: a sheet read safely, cells that mean something, a preview, all or nothing.

django-import-export supplies the two steps and the rows' fate; reading the file is ours (`toolkit.sheets`, in a child
process with limits), and so are the sentences: each names the row and the column of the sheet as a person sees them.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import tablib
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from django.utils.translation import gettext as _
from import_export import resources, results, widgets
from import_export.fields import Field
from import_export.formats.base_formats import XLSX

from toolkit.sheets import Cell, SheetRefused, read_tables

# The number of a row in the sheet travels with it under this name, which no heading can have.
ROW = "\0row"
HEADING_ROWS = 10
YES = frozenset(["是", "有", "对", "√", "1", "在岗", "在用", "在职", "启用", "y", "yes", "true"])
NO = frozenset(["否", "无", "×", "x", "0", "离岗", "停用", "离职", "不在岗", "n", "no", "false"])


class SafeSheet(XLSX):
    """An .xlsx read by `toolkit.sheets`. Subclasses name the columns; headings may stand below a title."""

    columns: ClassVar[tuple[str, ...]] = ()
    required: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def explained(cls) -> list[tuple[str, str]]:
        """Headings with what to write below them; shown on the page and in the template."""
        raise NotImplementedError

    def create_dataset(self, in_stream: bytes, **kwargs: Any) -> tablib.Dataset:
        """Rows below the headings, blank ones left out. Raises SheetRefused with a sentence."""
        for table in read_tables(in_stream, kind="xlsx"):
            for position, row in enumerate(table.rows[:HEADING_ROWS]):
                headings = [heading(cell.text) for cell in row]
                if set(self.required) <= set(headings):
                    return self._dataset(headings, table.rows[position + 1 :])
        raise SheetRefused(
            _("No sheet has the columns %(columns)s. Please start from the template.")
            % {"columns": "、".join(self.required)}
        )

    def _dataset(self, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> tablib.Dataset:
        twice = [name for name in self.columns if headings.count(name) > 1]
        if twice:
            raise SheetRefused(_("The column “%(column)s” stands there twice.") % {"column": twice[0]})
        known = [name for name in self.columns if name in headings]
        places = [headings.index(name) for name in known]
        dataset = tablib.Dataset(headers=[*known, ROW])
        for row in rows:
            texts = [plain(row[place].text) for place in places]
            if any(texts):
                dataset.append([*texts, row[0].row])
        return dataset


def heading(text: str) -> str:
    """A column's heading without spaces, stars and notes in brackets: “ 工号 *（必填）” is 工号."""
    return re.sub(r"[\s*]|\(.*?\)", "", unicodedata.normalize("NFKC", text))


def plain(text: str) -> str:
    """One line, full-width letters and digits as ordinary ones."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


class KeptField(Field):
    """A blank cell leaves what is there as it is, so that a sheet with a few columns can be imported too."""

    def save(self, instance: Any, row: Mapping[str, Any], is_m2m: bool = False, **kwargs: Any) -> None:
        if row.get(self.column_name, "") != "":
            super().save(instance, row, is_m2m, **kwargs)


class YesNo(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> bool:
        word = str(value).lower()
        if word in YES | NO:
            return word in YES
        raise ValueError(_("“%(text)s” is neither yes nor no. Please write 是 or 否.") % {"text": value})

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "是" if value else "否"


class Choice(widgets.Widget):
    """One of a few words; `words` maps what people write to the stored value."""

    def __init__(self, words: Mapping[str, str], labels: Mapping[Any, str]) -> None:
        super().__init__()
        self.words, self.labels = words, labels

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        try:
            return self.words[str(value)]
        except KeyError:
            allowed = "、".join(str(label) for label in self.labels.values())
            raise ValueError(
                _("“%(text)s” isn't one of %(allowed)s.") % {"text": value, "allowed": allowed}
            ) from None

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return str(self.labels.get(value, ""))


class Lookup(widgets.Widget):
    """A row of another model by its name or number; all of them are read once per import."""

    def __init__(self, *, load: Callable[[], Mapping[str, Any]], missing: Callable[[str], str]) -> None:
        super().__init__()
        self._load, self._missing = load, missing
        self._found: Mapping[str, Any] | None = None

    def prepare(self) -> None:
        self._found = None

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        if self._found is None:
            self._found = self._load()
        if str(value) not in self._found:
            raise ValueError(self._missing(str(value)))
        return self._found[str(value)]

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "" if value is None else str(value)


@dataclass(frozen=True)
class Change:
    """One cell of the preview."""

    before: str
    after: str

    @property
    def is_change(self) -> bool:
        return self.before != self.after


class PlainDiff(resources.Diff):
    """Before and after as plain words; the library colours them by style attributes, which our policy blocks."""

    def as_html(self) -> list[Change]:
        blank = [""] * len(self.right)
        before = blank if self.new else self.left
        return [Change(str(old or ""), str(new or "")) for old, new in zip(before, self.right, strict=True)]


class SheetResult(results.Result):
    """Wrong rows carry the number they have in the sheet, and columns are called by their headings."""

    headings: ClassVar[Mapping[str, str]] = {}

    def append_invalid_row(
        self, number: int, row: Mapping[str, Any], validation_error: ValidationError
    ) -> None:
        super().append_invalid_row(row.get(ROW, number), row, validation_error)
        wrong = self.invalid_rows[-1]
        wrong.cells = [
            (self.headings.get(name, ""), row.get(self.headings.get(name, ""), ""), " ".join(sentences))
            for name, sentences in wrong.error_dict.items()
        ]


class SheetResource(resources.ModelResource):
    """A resource whose key column must be filled in and may stand once; see the people's for an example."""

    key_column: ClassVar[str] = ""

    def get_diff_class(self) -> type[PlainDiff]:
        return PlainDiff

    def get_result_class(self) -> type[SheetResult]:
        names = {field.attribute: field.column_name for field in self.get_import_fields()}
        return type("NamedResult", (SheetResult,), {"headings": names})

    def before_import(self, dataset: tablib.Dataset, **kwargs: Any) -> None:
        self._seen: dict[str, int] = {}
        for field in self.fields.values():
            if isinstance(field.widget, Lookup):
                field.widget.prepare()

    def before_import_row(self, row: Mapping[str, Any], **kwargs: Any) -> None:
        key, attribute = row[self.key_column], self.get_import_id_fields()[0]
        if not key:
            raise ValidationError({attribute: _("Please fill in this cell.")})
        first = self._seen.setdefault(key, row[ROW])
        if first != row[ROW]:
            raise ValidationError(
                {
                    attribute: _("“%(key)s” stands in row %(row)s already. Please keep one of the two.")
                    % {"key": key, "row": first}
                }
            )


class StoredUpload:
    """The file between preview and confirmation: in our own folder, under a name nobody can guess or steer."""

    KEPT = timedelta(days=1)
    FOLDER = "imports"

    def __init__(self, *, name: str | None = None, **kwargs: Any) -> None:
        self.name = name or uuid.uuid4().hex
        if not re.fullmatch(r"[0-9a-f]{32}", self.name):
            raise SheetRefused(_("The upload is no longer there. Please choose the file again."))

    def save(self, data: bytes) -> None:
        self._sweep()
        default_storage.save(self._path, ContentFile(data))

    def read(self) -> bytes:
        try:
            with default_storage.open(self._path, "rb") as stored:
                return bytes(stored.read())
        except FileNotFoundError:
            raise SheetRefused(_("The upload is no longer there. Please choose the file again.")) from None

    def remove(self) -> None:
        default_storage.delete(self._path)

    @property
    def _path(self) -> str:
        return f"{self.FOLDER}/{self.name}.xlsx"

    def _sweep(self) -> None:
        """Previews nobody confirmed hold names and phones: they go after a day."""
        try:
            names = default_storage.listdir(self.FOLDER)[1]
        except FileNotFoundError:
            return
        for path in (f"{self.FOLDER}/{name}" for name in names if name.endswith(".xlsx")):
            with suppress(FileNotFoundError):  # another import may have swept it just now
                if timezone.now() - default_storage.get_modified_time(path) > self.KEPT:
                    default_storage.delete(path)
