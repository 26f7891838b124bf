"""`manage.py audit_archive`: move audit events older than the retention time into a checksummed file."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from toolkit.audit_archive import ArchiveRefused, archive


class Command(BaseCommand):
    help = "Moves audit events that have been kept long enough (at least 180 days) into a compressed, verifiable file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--before", type=date.fromisoformat, metavar="YYYY-MM-DD", help="archive what is older"
        )
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="where the file goes")

    def handle(self, *, before: date | None, to: Path | None, **options: Any) -> None:
        try:
            done = archive(folder=to or settings.AUDIT_ARCHIVE_DIR, before=before)
        except ArchiveRefused as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal
        if done is None:
            self.stdout.write(_("No event is old enough to be archived."))
            return
        self.stdout.write(
            _("%(count)s events (links %(first)s to %(last)s) are now in %(path)s. Keep that file.")
            % {"count": done.count, "first": done.first_number, "last": done.last_number, "path": done.path}
        )
