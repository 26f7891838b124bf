"""System checks that keep a production site from starting in a dangerous shape."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError


def no_demo_in_production(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """The demonstration people share a printed password, so production must not serve them."""
    if not settings.PRODUCTION or not databases:
        return []
    user_model = apps.get_model(settings.AUTH_USER_MODEL)
    try:
        demo_people = user_model.objects.filter(is_demo=True, is_active=True).exists()
    except DatabaseError:
        return []  # Before the first migrate there is nobody yet.
    if not demo_people:
        return []
    return [
        Error(
            "The demonstration hospital's people, whose password is printed at every start, are in this database.",
            hint="Run `manage.py demo wipe` or use another database.",
            id="publicity.E001",
        )
    ]


def register_all() -> None:
    register(no_demo_in_production, Tags.database)
