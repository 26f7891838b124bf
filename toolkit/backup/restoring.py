"""Restoring a backup: everything is checked before anything is changed, and compared again before it counts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from toolkit import append_only, audit, audit_chain
from toolkit.backup import package, tables
from toolkit.backup.making import encrypted_with, migrations_of, stored_names
from toolkit.backup.refusals import BackupRefused
from toolkit.backup.sealing import key_of


@dataclass(frozen=True)
class Restored:
    """`foreign_keys`: none of the field keys here is one the backup's encrypted columns were written with."""

    contents: package.Contents
    rows: int
    files: int
    head: audit_chain.Head
    foreign_keys: bool


def restore(path: Path, *, replace: bool = False, key_file: Path | None = None) -> Restored:
    """Make this site the hospital of the backup. Raises BackupRefused; then nothing was changed.

    With `replace` the people, rows and files that are here are lost.
    """
    key = _asker(key_file)
    contents = package.check(path, key)
    _check_target(contents, replace=replace)
    _migrate_if_blank(contents)
    with transaction.atomic(), append_only.lifted():
        with _without_chain():
            _clear()
            taken, rows = _take_in(path, key, contents)
            append_only.settle()  # foreign keys are checked here, as the commit would
            _reset_sequences()
        _compare(taken, contents)
    _remove_extra_files(contents)
    # Brings a backup of an earlier version up to date, and puts every guard in its place.
    call_command("migrate", interactive=False, verbosity=0)
    verdict = audit_chain.verify()
    if verdict.problem:
        raise BackupRefused(verdict.problem)
    audit.record(
        actor=None,
        action="restore",
        label=path.name[:200],
        changes={"fingerprint": contents.fingerprint, "head": str(verdict.head)},
    )
    theirs = contents.about.get("field_keys") or []
    foreign = bool(theirs) and not set(theirs) & set(encrypted_with())
    return Restored(contents, rows, len(contents.media), verdict.head, foreign)


def _asker(key_file: Path | None) -> Callable[[], bytes]:
    return lambda: key_of(key_file or settings.BACKUP_KEY_FILE)


# --- is this the right place? ----------------------------------------------------------------------------------------


def _check_target(contents: package.Contents, *, replace: bool) -> None:
    theirs = {(app, name) for app, name in contents.about["migrations"]}
    unknown = theirs - set(MigrationExecutor(connection).loader.disk_migrations)
    if unknown:
        raise BackupRefused(
            _("The backup was made by a newer version (%(names)s). Update this installation first.")
            % {"names": ", ".join(sorted(".".join(one) for one in unknown)[:5])}
        )
    if _is_blank():
        return
    if {tuple(one) for one in migrations_of(connection)} != theirs:
        raise BackupRefused(
            _("The backup is of another version than this database. Restore it into a new, empty database.")
        )
    if not replace and get_user_model()._default_manager.exists():
        raise BackupRefused(
            _("There are people in this database already. To lose what is here, say --replace.")
        )
    if not replace and any(True for _name in stored_names(default_storage)):
        raise BackupRefused(_("There are files in the media folder already. To lose them, say --replace."))


def _is_blank() -> bool:
    return "django_migrations" not in connection.introspection.table_names()


def _migrate_if_blank(contents: package.Contents) -> None:
    """To the backup's own version, so that its columns fit; `migrate` goes on from there afterwards."""
    if not _is_blank():
        return
    executor = MigrationExecutor(connection)
    theirs = {(app, name) for app, name in contents.about["migrations"]}
    graph = executor.loader.graph
    parents = {
        parent.key for node in theirs for parent in graph.node_map[node].parents if parent.key[0] == node[0]
    }
    executor.migrate(sorted(theirs - parents))


# --- taking in -------------------------------------------------------------------------------------------------------


@contextmanager
def _without_chain() -> Iterator[None]:
    """The backup brings its own links."""
    audit_chain.remove()
    yield
    audit_chain.install()


def _clear() -> None:
    here = connection.introspection.table_names()
    ours = [table.name for table in tables.all_tables() if table.name in here]
    gone = [*ours, *(name for name in tables.LEFT_OUT if name in here)]
    statements = connection.ops.sql_flush(no_style(), gone, reset_sequences=True, allow_cascade=True)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _take_in(
    path: Path, key: Callable[[], bytes], contents: package.Contents
) -> tuple[list[tables.Table], int]:
    """The tables that were filled, and the number of rows in all."""
    taken: list[tables.Table] = []
    rows = 0
    with package.members(path, key) as each:
        for name, content in each:
            if name.startswith(package.TABLES):
                taken.append(_table_of(name, content))
                rows += tables.load(connection, taken[-1], iter(content.readline, b""))
            elif name.startswith(package.MEDIA):
                told = contents.sums[name]
                _store(name[len(package.MEDIA) :], content, str(told["sha256"]))
    return taken, rows


def _table_of(name: str, content: BinaryIO) -> tables.Table:
    """The table the first line names, if this database has it with these columns."""
    table = tables.Table.from_line(content.readline())
    if f"{package.TABLES}{table.name}.jsonl" != name:
        raise BackupRefused(_("This file is no backup."))
    with connection.cursor() as cursor:
        if table.name not in connection.introspection.table_names(cursor):
            raise BackupRefused(_("The backup has a table that isn't here: %(name)s.") % {"name": table.name})
        here = {column.name for column in connection.introspection.get_table_description(cursor, table.name)}
    if not set(table.columns) <= here:
        raise BackupRefused(_("The backup has a table that isn't here: %(name)s.") % {"name": table.name})
    return table


def _store(name: str, content: BinaryIO, sha256: str) -> None:
    if default_storage.exists(name):
        if _hash_of(name) == sha256:
            return
        default_storage.delete(name)
    if default_storage.save(name, File(content, name)) != name or _hash_of(name) != sha256:
        raise BackupRefused(_("The file %(name)s couldn't be stored as it was.") % {"name": name})


def _hash_of(name: str) -> str:
    digest = hashlib.sha256()
    with default_storage.open(name, "rb") as stored:
        for piece in stored.chunks():
            digest.update(piece)
    return digest.hexdigest()


def _reset_sequences() -> None:
    """PostgreSQL counts on from the highest number taken in; SQLite does so by itself."""
    here = set(connection.introspection.table_names())
    ours: list[Any] = [model for model in tables.all_models() if model._meta.db_table in here]
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), ours):
            cursor.execute(statement)


# --- is it the same? -------------------------------------------------------------------------------------------------


def _compare(taken: list[tables.Table], contents: package.Contents) -> None:
    """Read every table back and compare it with the backup's own sums."""
    for table in taken:
        told = contents.sums[f"{package.TABLES}{table.name}.jsonl"]
        if tables.sum_of(connection, table).sha256 != told["sha256"]:
            raise BackupRefused(
                _("Table %(name)s isn't the same after restoring; nothing was changed.")
                % {"name": table.name}
            )


def _remove_extra_files(contents: package.Contents) -> None:
    for name in list(stored_names(default_storage)):
        if name not in contents.media:
            default_storage.delete(name)
