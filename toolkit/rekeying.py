"""Changing the field key while the site is in use.

First `rotate`: a new key in front, every row encrypted anew, the old key still accepted. Then, some time later,
`finish`: what a process wrote with the old key in that moment is encrypted anew too, and only then the old key goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import models

from toolkit.encrypted import (
    PREFIX,
    EncryptedCharField,
    FieldKeyError,
    Sealed,
    keys,
    ring,
    ring_of,
    seal,
    write_key_file,
)

BATCH = 500


def rotate() -> int:
    """Put a new key in front and encrypt every row with it; returns the number of values written anew."""
    if not settings.FIELD_KEYS:
        write_key_file(key_file(), [Fernet.generate_key().decode("ascii"), *keys()])
    return reseal_all(apps.get_models())


def finish() -> int:
    """Encrypt anew what is left under an old key, then forget the old keys; returns the number of values."""
    done = reseal_all(apps.get_models())
    if not settings.FIELD_KEYS:
        write_key_file(key_file(), keys()[:1])
    return done


def key_file() -> Path:
    return Path(settings.FIELD_KEY_FILE)


def encrypted_columns(models_: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    for model in models_:
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedCharField) and field.model is model:
                yield model, field.attname


def reseal_all(models_: Iterable[Any]) -> int:
    return sum(reseal(model, name) for model, name in encrypted_columns(models_))


def reseal(model: type[models.Model], name: str) -> int:
    """Encrypt one column with the first key, in short steps. A row somebody changed meanwhile is left to them."""
    newest = ring_of(keys()[:1])
    count, last = 0, None
    while True:
        rows = model._base_manager.exclude(**{name: ""}).order_by("pk").values_list("pk", name)
        batch = list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])
        if not batch:
            return count
        for pk, stored in batch:
            if stored is not None and not _is_newest(newest, stored):
                same = model._base_manager.filter(pk=pk, **{name: Sealed(stored)})
                count += same.update(**{name: _anew(stored)})
        last = batch[-1][0]


def _is_newest(newest: Any, stored: str) -> bool:
    if not stored.startswith(PREFIX):
        return False
    try:
        newest.decrypt(stored[len(PREFIX) :].encode("ascii"))
    except InvalidToken:
        return False
    return True


def _anew(stored: str) -> Sealed:
    if not stored.startswith(PREFIX):
        return seal(stored)
    try:
        return Sealed(PREFIX + ring().rotate(stored[len(PREFIX) :].encode("ascii")).decode("ascii"))
    except InvalidToken as error:
        raise FieldKeyError("A value opens with none of the field keys; nothing was forgotten.") from error
