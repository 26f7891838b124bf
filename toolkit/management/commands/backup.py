"""`manage.py backup`: the whole database and all media in one checked file, while the site is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from toolkit import audit
from toolkit.backup.making import make
from toolkit.backup.refusals import BackupRefused


class Command(BaseCommand):
    help = (
        "Writes one consistent, compressed, checksummed file of database and media; the site may be in use."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, metavar="FOLDER", help="where the file goes (BACKUP_DIR)")
        parser.add_argument("--encrypt", action="store_true", help="encrypt it with the key in the key file")
        parser.add_argument("--key", type=Path, metavar="FILE", help="the key file (BACKUP_KEY_FILE)")

    def handle(self, *, to: Path | None, encrypt: bool, key: Path | None, **options: Any) -> None:
        try:
            made = make(
                folder=to or settings.BACKUP_DIR, encrypt=encrypt or settings.BACKUP_ENCRYPT, key_file=key
            )
        except BackupRefused as refusal:
            raise CommandError(refusal.sentence) from refusal
        audit.record(actor=None, action="backup", label=made.path.name, changes={"sha256": made.sha256})
        words = {
            "path": made.path,
            "size": f"{made.path.stat().st_size / 1024 / 1024:.1f}",
            "files": len(made.contents.media),
            "fingerprint": made.contents.fingerprint,
        }
        self.stdout.write(
            _("Backup written: %(path)s (%(size)s MB, %(files)s files). Its content: %(fingerprint)s") % words
        )
        if made.missing:
            sentence = _("%(count)s files that rows speak of were lost before this backup: %(names)s")
            names = ", ".join(made.missing[:5])
            self.stderr.write(sentence % {"count": len(made.missing), "names": names})
