"""`manage.py restore FILE`: make this site the hospital of a backup."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from toolkit.backup.refusals import BackupRefused
from toolkit.backup.restoring import restore


class Command(BaseCommand):
    help = "Takes in a backup made by `manage.py backup`, into SQLite or PostgreSQL, and compares."
    requires_migrations_checks = False
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--replace", action="store_true", help="lose the people, rows and files that are here"
        )
        parser.add_argument("--key", type=Path, metavar="FILE", help="the key file (BACKUP_KEY_FILE)")

    def handle(self, *, file: Path, replace: bool, key: Path | None, **options: Any) -> None:
        try:
            done = restore(file, replace=replace, key_file=key)
        except BackupRefused as refusal:
            raise CommandError(refusal.sentence) from refusal
        words = {
            "made": done.contents.about["made_at"],
            "rows": done.rows,
            "files": done.files,
            "fingerprint": done.contents.fingerprint,
            "head": done.head,
        }
        self.stdout.write(
            _(
                "Restored: the hospital as of %(made)s, %(rows)s rows and %(files)s files, compared and the same. "
                "Content: %(fingerprint)s. Head of the audit trail: %(head)s"
            )
            % words
        )
        if done.foreign_keys:
            self.stderr.write(
                _(
                    "Phones and bank cards were encrypted with another field key: put the old FIELD_KEYS in place "
                    "before the site is used."
                )
            )
