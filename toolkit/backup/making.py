"""Making a backup: one snapshot of the database, then the files that were there at that moment."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

import django
from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from toolkit import audit_chain
from toolkit.backup import package, tables
from toolkit.backup.sealing import key_of, name_of
from toolkit.encrypted import keys as field_keys

TRIES = 3
Progress = Callable[[int, int], object]


@dataclass(frozen=True)
class Made:
    """`missing` are files that rows speak of and that had been lost before."""

    path: Path
    contents: package.Contents
    sha256: str
    missing: list[str]


class FileVanished(Exception):
    """A file the snapshot speaks of was deleted before it could be copied."""


def make(
    *,
    folder: Path,
    encrypt: bool = False,
    key_file: Path | None = None,
    prefix: str = "publicity",
    progress: Progress | None = None,
    at: datetime | None = None,
) -> Made:
    """Write a backup into `folder`. Raises BackupRefused or OSError; a half-written file is never left behind."""
    stamp = timezone.localtime(at).strftime("%Y%m%d-%H%M%S")
    path = folder / f"{prefix}-{stamp}.tar.gz{'.sealed' if encrypt else ''}"
    key = key_of(key_file or settings.BACKUP_KEY_FILE, create=True) if encrypt else None
    folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    for attempt in range(1, TRIES + 1):
        try:
            return _make(path, key, progress or _silently)
        except FileVanished:
            if attempt == TRIES:
                raise
    raise AssertionError("unreachable")


def _make(path: Path, key: bytes | None, progress: Progress) -> Made:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with package.private(unfinished) as target:
            contents, missing = _write(target, key, progress)
            target.flush()
            os.fsync(target.fileno())
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Made(path=path, contents=contents, sha256=package.write_sum(path), missing=missing)


def _write(target: BinaryIO, key: bytes | None, progress: Progress) -> tuple[package.Contents, list[str]]:
    writer = package.PackageWriter(target, key)
    try:
        missing = _fill(writer, progress)
        writer.finish()
    except BaseException:
        with suppress(OSError, ValueError):  # the first failure is the one to tell
            writer.close()
        raise
    return writer.contents, missing


def _fill(writer: package.PackageWriter, progress: Progress) -> list[str]:
    """Everything but the sums; returns the files that rows speak of and that had been lost before."""
    with tempfile.TemporaryDirectory(prefix="backup-", dir=settings.VAR_DIR) as scratch:
        there = set(stored_names(default_storage))
        with snapshot() as frozen:
            writer.about(_about(frozen))
            wanted = _write_tables(writer, frozen, Path(scratch), progress)
        held = Held(default_storage, Path(scratch))
        missing = held.hold(there | wanted) & wanted
        if missing & there:
            raise FileVanished(min(missing & there))
        _write_media(writer, held, wanted, progress)
    return sorted(missing)


def _write_tables(
    writer: package.PackageWriter, frozen: BaseDatabaseWrapper, scratch: Path, progress: Progress
) -> set[str]:
    """Returns the names of the files the rows speak of."""
    wanted: set[str] = set()
    every = tables.all_tables()
    for done, table in enumerate(every):
        beat = partial(progress, done, len(every))
        beat()
        with package.private(scratch / "table") as handle:
            _sum, names = tables.dump(frozen, table, handle, beat)
            size = handle.tell()
            handle.seek(0)
            writer.add(f"{package.TABLES}{table.name}.jsonl", handle, size)
        wanted.update(names)
    return wanted


def _write_media(writer: package.PackageWriter, held: Held, wanted: set[str], progress: Progress) -> None:
    for done, name in enumerate(held.names):
        progress(done, len(held.names))
        try:
            with held.open(name) as (handle, size):
                writer.add(f"{package.MEDIA}{name}", handle, size)
        except FileNotFoundError as error:
            if name in wanted:
                raise FileVanished(name) from error


def _about(frozen: BaseDatabaseWrapper) -> dict[str, Any]:
    return {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "database": frozen.vendor,
        "django": django.get_version(),
        "migrations": migrations_of(frozen),
        "audit_head": _head_in(frozen),
        # Encrypted columns stay encrypted: they need the same field key, which is kept elsewhere.
        "field_keys": encrypted_with(),
    }


def encrypted_with() -> list[str]:
    """Names of the field keys in force; they say nothing about the keys."""
    return [name_of(key.encode()).hex() for key in field_keys()]


def migrations_of(connection: BaseDatabaseWrapper) -> list[list[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT app, name FROM django_migrations ORDER BY app, name")
        return [list(row) for row in cursor.fetchall()]


def _head_in(frozen: BaseDatabaseWrapper) -> str:
    with frozen.cursor() as cursor:
        cursor.execute("SELECT number, hash FROM toolkit_auditlink ORDER BY number DESC LIMIT 1")
        last = cursor.fetchone()
    return str(audit_chain.Head(*last)) if last else ""


@contextmanager
def snapshot(using: str = "default") -> Iterator[BaseDatabaseWrapper]:
    """A connection of its own that sees the database as it is now, whatever others write meanwhile.

    SQLite: a deferred read transaction on the write-ahead log; readers and writers don't wait for each other.
    PostgreSQL: one read-only REPEATABLE READ transaction.
    """
    frozen = connections[using].copy(alias="backup_snapshot")
    frozen.settings_dict["OPTIONS"].pop("transaction_mode", None)
    try:
        with frozen.cursor() as cursor:
            if frozen.vendor == "postgresql":
                cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            else:
                cursor.execute("BEGIN DEFERRED")
            cursor.execute(
                "SELECT COUNT(*) FROM django_migrations"
            )  # the snapshot begins with the first read
            cursor.fetchone()
        yield frozen
    finally:
        with suppress(Exception), frozen.cursor() as cursor:  # whatever is wrong, the connection closes next
            cursor.execute("ROLLBACK")
        frozen.close()


def stored_names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Every file in the media storage, as a path with slashes."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in files:
        yield f"{folder}/{name}" if folder else name
    for name in folders:
        yield from stored_names(storage, f"{folder}/{name}" if folder else name)


class Held:
    """Files held by a second name where the storage is a folder on this machine, so that deleting can't hurt."""

    def __init__(self, storage: Storage, scratch: Path) -> None:
        self._storage, self._scratch = storage, scratch
        self._links: dict[str, Path] = {}
        self.names: list[str] = []

    def hold(self, names: set[str]) -> set[str]:
        """Hold them all; returns those that aren't there."""
        self.names = [name for name in sorted(names) if self._hold(name)]
        return names - set(self.names)

    def _hold(self, name: str) -> bool:
        link = self._scratch / f"file-{len(self._links)}"
        try:
            os.link(self._storage.path(name), link)
        except FileNotFoundError:
            return False
        except (NotImplementedError, OSError):  # another disk, or not a folder at all: read it where it is
            return self._storage.exists(name)
        self._links[name] = link
        return True

    @contextmanager
    def open(self, name: str) -> Iterator[tuple[BinaryIO, int]]:
        """The content and its size. Raises FileNotFoundError."""
        if name in self._links:
            with self._links[name].open("rb") as handle:
                yield handle, self._links[name].stat().st_size
            return
        with self._storage.open(name, "rb") as stored:
            yield cast("BinaryIO", stored), stored.size


def _silently(_done: int, _total: int) -> None:
    pass
