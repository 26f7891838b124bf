"""A text column that is encrypted in the database, with a key that is kept outside it.

The key comes from the setting FIELD_KEYS (the environment; the first encrypts, the others still decrypt) or, when that
is empty, from the file FIELD_KEY_FILE, one key a line. `manage.py rotate_field_key` changes it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import models
from django.db.models.lookups import Exact
from django.db.models.query_utils import DeferredAttribute

PREFIX = "enc1:"


class FieldKeyError(ImproperlyConfigured):
    """The key is missing, unreadable, or not the one the data was written with."""


class Sealed(str):
    """The text as the database holds it. `values()` gives this; attributes of an object give the plain text."""

    __slots__ = ()


_ring: tuple[object, MultiFernet] | None = None


def ring() -> MultiFernet:
    """The keys in force. The file is looked at each time, so that a rotation reaches running processes."""
    global _ring
    state: object = tuple(settings.FIELD_KEYS) or _file_state(Path(settings.FIELD_KEY_FILE))
    if _ring is None or _ring[0] != state:
        _ring = (state, ring_of(keys()))
    return _ring[1]


def keys() -> list[str]:
    """The keys in force, the one that encrypts first."""
    if settings.FIELD_KEYS:
        return list(settings.FIELD_KEYS)
    return Path(settings.FIELD_KEY_FILE).read_text().split()


def ring_of(texts: list[str]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(text) for text in texts])
    except ValueError as error:
        raise FieldKeyError(f"A field key cannot be read: {error}") from error


def _file_state(path: Path) -> object:
    try:
        stat = path.stat()
    except FileNotFoundError as error:
        raise FieldKeyError(f"The field key {path} is missing; restore it from its own backup.") from error
    return (str(path), stat.st_ino, stat.st_mtime_ns, stat.st_size)


def write_key_file(path: Path, texts: list[str]) -> None:
    """Replace the key file in one step, readable by its owner only."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        handle.write("\n".join(texts) + "\n")
        handle.flush()
        os.fsync(handle.fileno())
    beside.replace(path)


def seal(text: str) -> Sealed:
    """Encrypt; the same text gives a different result each time."""
    return Sealed(PREFIX + ring().encrypt(text.encode()).decode("ascii"))


def unseal(stored: str) -> str:
    """Decrypt what `seal` made; text from before encryption comes back as it is."""
    if not stored.startswith(PREFIX):
        return str(stored)
    try:
        return ring().decrypt(stored[len(PREFIX) :].encode("ascii")).decode()
    except InvalidToken as error:
        raise FieldKeyError(
            "An encrypted value doesn't open with the field key in force; restore the key this database belongs to."
        ) from error


class SealedAttribute(DeferredAttribute):
    """Decrypts when the attribute is first read: a list of 50 people that shows no phone pays nothing."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            value = unseal(value)
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedExact(Exact):
    """Only "is it empty" can be asked of an encrypted column."""

    def __init__(self, lhs: Any, rhs: Any) -> None:
        if rhs != "" and not isinstance(rhs, Sealed):
            raise FieldError("An encrypted column can't be searched, only compared with the empty text.")
        super().__init__(lhs, rhs)


class EncryptedCharField(models.CharField):
    """A short text, encrypted at rest. `max_length` bounds the plain text; the empty text stays empty."""

    descriptor_class = SealedAttribute

    def get_internal_type(self) -> str:
        return "TextField"  # a sealed text is several times as long as the plain one

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        if not value or isinstance(value, Sealed):
            return value if value is None else str(value)
        return str(seal(value))

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Sealed) else super().to_python(value)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return Sealed(value) if value and value.startswith(PREFIX) else value

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name == "exact":
            return SealedExact
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None
