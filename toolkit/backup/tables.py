"""Rows as JSON lines that say the same whichever database they come from.

Values are taken as they are stored, past the models: an encrypted column stays encrypted. The first line of a table
names its columns and their kinds, so that rows can be taken in without today's models.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from toolkit.backup.refusals import BackupRefused

LEFT_OUT = {"django_session"}  # whoever was signed in signs in again
BATCH = 1000
AS_THEY_ARE = {
    "AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField",
    "PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField", "CharField", "TextField",
    "SlugField", "FileField", "FilePathField", "FloatField", "GenericIPAddressField",
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """`kinds` are Django's internal types of the columns; `key` is the primary key's column."""

    name: str
    columns: list[str]
    kinds: list[str]
    key: str

    @classmethod
    def from_line(cls, line: bytes) -> Table:
        return cls(**json.loads(line))

    def line(self) -> bytes:
        return _line(asdict(self))


@dataclass(frozen=True)
class Sum:
    """What a table holds: how many rows, and the SHA-256 of its lines."""

    rows: int
    sha256: str


def all_models() -> list[type[models.Model]]:
    """Every model with a table of its own, those of many-to-many relations too."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def all_tables() -> list[Table]:
    tables = {model._meta.db_table: _table(model) for model in all_models()}
    return [table for name, table in sorted(tables.items()) if name not in LEFT_OUT]


def _table(model: type[models.Model]) -> Table:
    fields = model._meta.local_concrete_fields
    key = model._meta.pk
    return Table(
        name=model._meta.db_table,
        columns=[str(field.column) for field in fields],
        kinds=[_kind(field) for field in fields],
        key=str(key.column) if key is not None else "",
    )


def _kind(field: Any) -> str:
    while field.remote_field is not None:
        field = field.target_field
    kind = str(field.get_internal_type())
    return f"DecimalField:{field.decimal_places}" if kind == "DecimalField" else kind


# --- out -----------------------------------------------------------------------------------------------------------


def dump(
    connection: BaseDatabaseWrapper, table: Table, out: BinaryIO, beat: Callable[[], object]
) -> tuple[Sum, list[str]]:
    """Write the table's lines, ordered by key; returns its sum and the names of the files it mentions.

    `beat` is called every thousand rows: a sign of life.
    """
    files = [place for place, kind in enumerate(table.kinds) if kind == "FileField"]
    digest, count, names = hashlib.sha256(), 0, []
    for line, row in _lines(connection, table):
        out.write(line)
        digest.update(line)
        if row is not None:
            count += 1
            if count % BATCH == 0:
                beat()
            names += [row[place] for place in files if row[place]]
    return Sum(count, digest.hexdigest()), names


def sum_of(connection: BaseDatabaseWrapper, table: Table) -> Sum:
    digest, count = hashlib.sha256(), -1
    for line, _row in _lines(connection, table):
        digest.update(line)
        count += 1
    return Sum(count, digest.hexdigest())


def _lines(connection: BaseDatabaseWrapper, table: Table) -> Iterator[tuple[bytes, list[Any] | None]]:
    yield table.line(), None
    quote = connection.ops.quote_name
    columns = ", ".join(quote(column) for column in table.columns)
    key = quote(table.key)
    # Text in the order of its bytes, which is the same everywhere.
    order = f'{key} COLLATE "C"' if _is_postgres_text(connection, table) else key
    with connection.chunked_cursor() as cursor:
        # Names come from our own models, or were checked against the database's own tables.
        cursor.execute(f"SELECT {columns} FROM {quote(table.name)} ORDER BY {order}")  # noqa: S608
        while rows := cursor.fetchmany(BATCH):
            for raw in rows:
                row = [outgoing(kind, value) for kind, value in zip(table.kinds, raw, strict=True)]
                yield _line(row), row


def _is_postgres_text(connection: BaseDatabaseWrapper, table: Table) -> bool:
    kind = table.kinds[table.columns.index(table.key)]
    return connection.vendor == "postgresql" and kind in {"CharField", "TextField", "SlugField"}


def _line(content: Any) -> bytes:
    return (json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n").encode()


def outgoing(kind: str, value: Any) -> Any:
    """A stored value as JSON, the same from SQLite and PostgreSQL. Raises BackupRefused for an unknown kind."""
    if value is None or kind in AS_THEY_ARE:
        return value
    if kind == "DateTimeField":
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC).isoformat(timespec="microseconds")
    if kind in {"DateField", "TimeField"}:
        return value if isinstance(value, str) else value.isoformat()
    if kind == "BooleanField":
        return bool(value)
    if kind == "UUIDField":
        return str(value if isinstance(value, UUID) else UUID(value))
    if kind == "JSONField":
        return json.dumps(json.loads(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if kind == "BinaryField":
        return base64.b64encode(bytes(value)).decode()
    if kind.startswith("DecimalField:"):
        return str(Decimal(str(value)).quantize(Decimal(1).scaleb(-int(kind.partition(":")[2]))))
    raise BackupRefused(f"A column of kind {kind} can't be backed up.")


# --- in ------------------------------------------------------------------------------------------------------------


def incoming(connection: BaseDatabaseWrapper, kind: str, value: Any) -> Any:
    """A JSON value as this database wants it."""
    ops = connection.ops
    if value is None or kind in AS_THEY_ARE or kind in {"BooleanField", "JSONField"}:
        return value
    if kind == "DateTimeField":
        return ops.adapt_datetimefield_value(datetime.fromisoformat(value))
    if kind == "DateField":
        return ops.adapt_datefield_value(date.fromisoformat(value))
    if kind == "TimeField":
        return ops.adapt_timefield_value(time.fromisoformat(value))
    if kind == "UUIDField":
        return UUID(value) if connection.features.has_native_uuid_field else UUID(value).hex
    if kind == "BinaryField":
        return base64.b64decode(value)
    if kind.startswith("DecimalField:"):
        return ops.adapt_decimalfield_value(Decimal(value))
    raise BackupRefused(f"A column of kind {kind} can't be restored.")


def load(connection: BaseDatabaseWrapper, table: Table, lines: Iterable[bytes]) -> int:
    """Add the rows of these lines (without the first one); returns how many."""
    rows = (
        [incoming(connection, kind, value) for kind, value in zip(table.kinds, json.loads(line), strict=True)]
        for line in lines
    )
    quote = connection.ops.quote_name
    target = f"{quote(table.name)} ({', '.join(quote(column) for column in table.columns)})"
    return (_copy if connection.vendor == "postgresql" else _insert)(connection, table, target, rows)


def _copy(connection: BaseDatabaseWrapper, table: Table, target: str, rows: Iterable[list[Any]]) -> int:
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {target} FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)
            count += 1
    return count


def _insert(connection: BaseDatabaseWrapper, table: Table, target: str, rows: Iterable[list[Any]]) -> int:
    places = ", ".join(["%s"] * len(table.columns))
    count, batch = 0, []
    with connection.cursor() as cursor:
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                cursor.executemany(f"INSERT INTO {target} VALUES ({places})", batch)  # noqa: S608  checked names
                count, batch = count + len(batch), []
        if batch:
            cursor.executemany(f"INSERT INTO {target} VALUES ({places})", batch)  # noqa: S608  checked names
    return count + len(batch)
