"""Whether this process can serve people now. Each probe answers in a word and never says why: anybody may ask."""

from __future__ import annotations

import logging
from typing import Any

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

logger = logging.getLogger(__name__)

OK, DOWN, BEHIND = "ok", "down", "behind"
PATIENCE = 1.0
MIGRATED = "monitoring-migrated"


def readiness() -> tuple[bool, dict[str, str]]:
    """(may it get requests, {part: word}). Without a broker the site works on: the sweeper delivers each minute."""
    database = probe_database()
    parts = {"database": database, "broker": probe_broker()}
    parts["migrations"] = probe_migrations() if database == OK else DOWN
    return parts["database"] == parts["migrations"] == OK, parts


def probe_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        logger.exception("The database doesn't answer")
        return DOWN
    return OK


def probe_migrations() -> str:
    """Whether the database has every migration of this code; more than those is fine (docs/deploy.md, updates)."""
    if cache.get(MIGRATED):
        return OK
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        logger.exception("The migrations can't be read")
        return DOWN
    if missing:
        return BEHIND
    cache.set(MIGRATED, 1, 60)
    return OK


def probe_broker() -> str:
    if not settings.REDIS_URL:
        return OK  # files in our own folder
    options: dict[str, Any] = {"socket_connect_timeout": PATIENCE, "socket_timeout": PATIENCE}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **options) as client:
            client.ping()
    except (redis.RedisError, OSError):
        return DOWN
    return OK
