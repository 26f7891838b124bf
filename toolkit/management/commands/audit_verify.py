"""`manage.py audit_verify`: whether the audit trail still says what was written, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from toolkit import append_only, audit_chain
from toolkit.audit_archive import check_file


class Command(BaseCommand):
    help = "Checks the chain of the audit trail and the guards of append-only tables; names the first row that differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--expect",
            type=_head,
            metavar="NUMBER:HASH",
            help="a head noted earlier, which must still be there",
        )
        parser.add_argument(
            "--file", type=Path, action="append", default=[], help="an archive file to check too"
        )

    def handle(self, *, expect: audit_chain.Head | None, file: list[Path], **options: Any) -> None:
        problems = [check_file(path) for path in file]
        verdict = audit_chain.verify(expected=expect)
        problems.append(verdict.problem)
        without = append_only.missing() + ([] if audit_chain.is_installed() else [audit_chain.TRIGGER])
        if without:
            words = _("Guards are missing in the database (manage.py migrate puts them back): %(names)s")
            problems.append(words % {"names": ", ".join(without)})
        found = [problem for problem in problems if problem]
        if found:
            raise CommandError("\n".join(found))
        words = _(
            "The audit trail is whole: %(count)s events checked. Its head, to be noted elsewhere: %(head)s"
        )
        self.stdout.write(words % {"count": verdict.checked, "head": verdict.head})


def _head(text: str) -> audit_chain.Head:
    number, _colon, link_hash = text.partition(":")
    if not number.isdecimal() or len(link_hash) != 64:
        raise ValueError(text)
    return audit_chain.Head(int(number), link_hash)
