"""`manage.py catalog`: collect, fill, check and compile the Chinese catalogue. Needs no database."""

import json
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from publicity.catalog import ChineseCatalog, load_filling


class Command(BaseCommand):
    help = "Collects the English strings of the sources into locale/zh_Hans and compiles the catalogue."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        mode = parser.add_mutually_exclusive_group()
        mode.add_argument(
            "--fill", type=Path, metavar="FILE.json", help='translations: {"English": "Chinese"}'
        )
        mode.add_argument("--check", action="store_true", help="change nothing; fail unless complete")
        mode.add_argument(
            "--missing", action="store_true", help="change nothing; print the untranslated as JSON"
        )
        mode.add_argument("--compile", action="store_true", help="only compile what is there")

    def handle(
        self, *, fill: Path | None, check: bool, missing: bool, compile: bool, **_options: object
    ) -> None:
        catalog = ChineseCatalog(Path(settings.BASE_DIR))
        try:
            if check:
                self._check(catalog)
            elif missing:
                self.stdout.write(json.dumps(catalog.untranslated(), ensure_ascii=False, indent=1))
            elif compile:
                catalog.compile()
            else:
                self._update(catalog, load_filling(fill) if fill else {})
        except ValueError as error:
            raise CommandError(str(error)) from error

    def _check(self, catalog: ChineseCatalog) -> None:
        problems = catalog.check().lines()
        if problems:
            raise CommandError("\n".join(["The Chinese catalogue isn't complete.", *problems]))
        self.stdout.write("The Chinese catalogue is complete.")

    def _update(self, catalog: ChineseCatalog, filling: dict[str, str]) -> None:
        problems = catalog.update(filling).lines()
        for problem in problems:
            self.stdout.write(problem)
        self.stdout.write(f"Wrote {catalog.po.relative_to(catalog.root)}; {len(problems)} to look at.")
