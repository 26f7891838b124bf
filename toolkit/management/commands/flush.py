"""`manage.py flush`: Django's own, which the guards of append-only tables would refuse; never in production."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import flush
from django.utils.translation import gettext as _

from toolkit import append_only


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        if getattr(settings, "PRODUCTION", False):
            raise CommandError(_("A database in production is not emptied: its trail must be kept."))
        with append_only.lifted(using=options["database"]):
            super().handle(**options)
