"""Tables whose rows are only ever added, guarded by the database itself.

A model says `append_only = True`. Triggers then refuse UPDATE and DELETE (on PostgreSQL also TRUNCATE, on SQLite also
INSERT OR REPLACE), whoever asks: the ORM, raw SQL, or a person in the database's own shell. They are put in place
after every `migrate`, not by a migration, because SQLite drops a table's triggers when a later migration remakes it.

The few commands that must take rows away (archive, restore, wiping the demonstration) do it inside `lifted()`.
Whoever owns the database can still drop a trigger: `missing()` notices, and the audit chain shows what was changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

DEFAULT = "default"
PREFIX = "append_only_"


def guarded_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if getattr(model, "append_only", False)]


def install(using: str = DEFAULT, only: Iterable[type[models.Model]] | None = None) -> None:
    """Put the guards in place that aren't; safe to run again."""
    connection = connections[using]
    there = _triggers(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
        for model in _in_database(connection, only):
            for name, statement in _statements(connection, model):
                if name not in there:
                    cursor.execute(statement)


def remove(using: str = DEFAULT, only: Iterable[type[models.Model]] | None = None) -> None:
    """Take the guards away. Not for use by itself: `lifted()` puts them back."""
    connection = connections[using]
    there = _triggers(connection)
    with connection.cursor() as cursor:
        for model in _in_database(connection, only):
            for name, _statement in _statements(connection, model):
                if name in there:
                    table = f" ON {_table(connection, model)}" if connection.vendor == "postgresql" else ""
                    cursor.execute(f"DROP TRIGGER {connection.ops.quote_name(name)}{table}")


@contextmanager
def lifted(*only: type[models.Model], using: str = DEFAULT) -> Iterator[None]:
    """The one way to change guarded rows: in one transaction without guards, which are back when it commits.

    Dropping a trigger locks its table, so nobody else slips through meanwhile; a failure rolls everything back.
    """
    with transaction.atomic(using=using):
        settle(using)
        remove(using, only or None)
        yield
        settle(using)
        install(using, only or None)


def settle(using: str = DEFAULT) -> None:
    """Run what PostgreSQL has put off to the commit: a trigger can't be dropped while its table has such work."""
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def missing(using: str = DEFAULT) -> list[str]:
    """Names of guards that should be there and aren't, or are switched off."""
    connection = connections[using]
    there = _triggers(connection)
    return [
        name
        for model in _in_database(connection, None)
        for name, _statement in _statements(connection, model)
        if name not in there
    ]


def after_migrate(*, using: str = DEFAULT, **_signal: Any) -> None:
    """Receiver of post_migrate. Tables of apps that are migrated later get theirs when their turn comes."""
    if connections[using].vendor in {"sqlite", "postgresql"}:
        install(using)


def _in_database(
    connection: BaseDatabaseWrapper, only: Iterable[type[models.Model]] | None
) -> list[type[models.Model]]:
    """The guarded models whose table exists: in the middle of migrating some don't yet."""
    tables = set(connection.introspection.table_names())
    return [model for model in only or guarded_models() if model._meta.db_table in tables]


def _triggers(connection: BaseDatabaseWrapper) -> set[str]:
    if connection.vendor == "postgresql":
        question = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        question = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(question)
        return {name for (name,) in cursor.fetchall()}


def _table(connection: BaseDatabaseWrapper, model: type[models.Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _statements(connection: BaseDatabaseWrapper, model: type[models.Model]) -> list[tuple[str, str]]:
    """(trigger name, CREATE statement) pairs; names are unique in the whole database."""
    if connection.vendor == "postgresql":
        return _postgres_statements(connection, model)
    return _sqlite_statements(connection, model)


POSTGRES_FUNCTION = """
CREATE OR REPLACE FUNCTION toolkit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: rows of % are only ever added', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _postgres_statements(connection: BaseDatabaseWrapper, model: type[models.Model]) -> list[tuple[str, str]]:
    table = _table(connection, model)
    return [
        (
            name := f"{PREFIX}{what}_{model._meta.db_table}",
            f"CREATE TRIGGER {connection.ops.quote_name(name)} BEFORE {event} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION toolkit_append_only()",
        )
        for what, event, each in (
            ("rows", "UPDATE OR DELETE", "ROW"),
            ("table", "TRUNCATE", "STATEMENT"),
        )
    ]


def _sqlite_statements(connection: BaseDatabaseWrapper, model: type[models.Model]) -> list[tuple[str, str]]:
    table, plain = _table(connection, model), model._meta.db_table
    refuse = f"BEGIN SELECT RAISE(ABORT, 'append-only: rows of {plain} are only ever added'); END"
    unique = [str(field.column) for field in model._meta.local_concrete_fields if field.unique]
    quoted = [connection.ops.quote_name(column) for column in unique]
    # REPLACE removes the older row without asking the DELETE trigger.
    clash = " OR ".join(f"{column} = NEW.{column}" for column in quoted)
    conditions = {
        "update": ("UPDATE", ""),
        "delete": ("DELETE", ""),
        "replace": ("INSERT", f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {clash})"),  # noqa: S608  names of our own models
    }
    return [
        (
            name := f"{PREFIX}{what}_{plain}",
            f"CREATE TRIGGER {connection.ops.quote_name(name)} BEFORE {event} ON {table} {when} {refuse}",
        )
        for what, (event, when) in conditions.items()
    ]
