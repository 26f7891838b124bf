"""Pages by position, not by number: no COUNT, no OFFSET, so page one thousand costs what page one does."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Field, Model, Q, QuerySet

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Page(Generic[M]):
    """`rows` in the asked order; a cursor is "" when there is no page on that side."""

    rows: list[M]
    next_cursor: str
    prev_cursor: str

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Any:
        return iter(self.rows)


@dataclass(frozen=True)
class _Key:
    """One column of the order. `field` is None for an annotation, whose type we can't know."""

    path: str
    descending: bool
    nullable: bool
    field: Field[Any, Any] | None

    def value_of(self, row: Any) -> Any:
        for name in self.path.split("__"):
            row = None if row is None else getattr(row, name)
        return row

    def ordering(self, *, backward: bool) -> Any:
        """Empty values come last, on SQLite as on PostgreSQL (which disagree when not told)."""
        descending = self.descending != backward
        if not self.nullable:
            return f"-{self.path}" if descending else self.path
        column = F(self.path)
        where = {"nulls_first": True} if backward else {"nulls_last": True}
        return column.desc(**where) if descending else column.asc(**where)

    def beyond(self, value: Any, *, backward: bool) -> Q | None:
        """The rows that lie further on than `value` in this column; None when none can."""
        if value is None:
            return Q(**{f"{self.path}__isnull": False}) if backward else None
        sign = "lt" if self.descending != backward else "gt"
        further = Q(**{f"{self.path}__{sign}": value})
        if self.nullable and not backward:
            further |= Q(**{f"{self.path}__isnull": True})
        return further

    def tied(self, value: Any) -> Q:
        return Q(**{f"{self.path}__isnull": True}) if value is None else Q(**{self.path: value})


def keyset_page(
    queryset: QuerySet[M], *, order: tuple[str, ...], cursor: str = "", size: int = 50
) -> Page[M]:
    """One page of the queryset in this order, starting where `cursor` (from an earlier page) says.

    `order` is like ("-submitted_at", "-pk"); the primary key is added when it doesn't end with it. A cursor
    that makes no sense gives the first page. Empty values come last.
    """
    keys = _keys(queryset.model, order)
    position = _decode(cursor, keys)
    backward, values = position if position else (False, None)
    rows = queryset.order_by(*(key.ordering(backward=backward) for key in keys))
    if values is not None:
        rows = rows.filter(_after(keys, values, backward=backward))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if values is not None and (not found or (backward and not more)):
        # Fewer than a page before us, or everything after us is gone: show the first page whole.
        return keyset_page(queryset, order=order, size=size)
    if backward:
        found.reverse()
    has_next, has_prev = (True, more) if backward else (more, values is not None)
    return Page(
        found,
        _encode(keys, found[-1], backward=False) if has_next and found else "",
        _encode(keys, found[0], backward=True) if has_prev and found else "",
    )


def _keys(model: type[Model], order: tuple[str, ...]) -> list[_Key]:
    names = [(name.lstrip("-"), name.startswith("-")) for name in order]
    if not names or names[-1][0] not in ("pk", "id"):
        names.append(("pk", names[-1][1] if names else True))
    return [_key(model, path, descending) for path, descending in names]


def _key(model: type[Model], path: str, descending: bool) -> _Key:
    field, nullable = None, False
    owner: Any = model
    for name in path.split("__"):
        try:
            field = owner._meta.pk if name == "pk" else owner._meta.get_field(name)
        except FieldDoesNotExist:
            return _Key(path, descending, nullable=True, field=None)
        nullable = nullable or bool(field.null)
        owner = field.related_model or owner
    return _Key(path, descending, nullable, field)


def _after(keys: list[_Key], values: list[Any], *, backward: bool) -> Q:
    """Lexicographic: further in the first column, or tied there and further in the second, and so on."""
    condition: Q | None = None
    for key, value in reversed(list(zip(keys, values, strict=True))):
        further = key.beyond(value, backward=backward)
        tied = None if condition is None else key.tied(value) & condition
        parts = [part for part in (further, tied) if part is not None]
        condition = parts[0] | parts[1] if len(parts) == 2 else (parts[0] if parts else None)
    first, value = keys[0], values[0]
    if condition is not None and value is not None and not first.nullable and len(keys) > 1:
        # Says nothing new, but lets the index jump to the place; an OR alone makes SQLite scan.
        sign = "lte" if first.descending != backward else "gte"
        condition = Q(**{f"{first.path}__{sign}": value}) & condition
    return condition if condition is not None else Q(pk__in=[])


def _encode(keys: list[_Key], row: Any, *, backward: bool) -> str:
    values = [_plain(key.value_of(row)) for key in keys]
    content = json.dumps(["p" if backward else "n", *values], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(content.encode()).decode().rstrip("=")


def _decode(cursor: str, keys: list[_Key]) -> tuple[bool, list[Any]] | None:
    """(backward, values), or None for a cursor that isn't ours."""
    if not cursor or len(cursor) > 2000:
        return None
    try:
        content = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        direction, *values = content
        if direction not in ("n", "p") or len(values) != len(keys):
            return None
        return direction == "p", [_typed(key, value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, binascii.Error, ValidationError, OverflowError, RecursionError):
        return None


def _typed(key: _Key, value: Any) -> Any:
    if isinstance(value, list | dict):
        raise ValueError("A cursor holds plain values only.")
    if value is None:
        if not key.nullable:
            raise ValueError("This column is never empty.")
        return None
    return value if key.field is None else key.field.to_python(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value
