"""`manage.py rotate_field_key`: encrypt phones, bank cards and second factors with a new key."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from toolkit import audit, rekeying


class Command(BaseCommand):
    help = (
        "Make a new field key and encrypt every row with it; the old key is still accepted until --finish. "
        "Where FIELD_KEYS is set, put the new key in front there first, restart, then run this."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--finish",
            action="store_true",
            help="encrypt anew what is left and forget the old keys (some minutes after the first run)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        finish = bool(options["finish"])
        count = rekeying.finish() if finish else rekeying.rotate()
        audit.record(actor=None, action="rotate_field_key", note=f"{count} values")
        self.stdout.write(f"{count} values encrypted with the new key.")
        if settings.FIELD_KEYS and finish:
            self.stdout.write("Now leave only the first key in FIELD_KEYS and restart.")
        elif not finish:
            self.stdout.write("Run it again with --finish when every process has been at work for a minute.")
