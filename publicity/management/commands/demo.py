"""`manage.py demo load | wipe | logins`: the demonstration hospital."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from hospital.models import User
from publicity.demo import loader
from publicity.demo.people import LOGINS, PASSWORD


class Command(BaseCommand):
    help = (
        "Loads, wipes or introduces the demonstration hospital: invented people and two years of their work."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="load it into a database without people")
        load.add_argument("--if-empty", action="store_true", help="do nothing where somebody is already")
        load.add_argument("--today", type=_day, metavar="YYYY-MM-DD", help="load it as of this day")
        wipe = verbs.add_parser("wipe", help="empty the database, if everybody in it is invented")
        wipe.add_argument("--yes", action="store_true", help="don't ask")
        verbs.add_parser("logins", help="print the address and one login per role")

    def handle(self, *, verb: str, **options: Any) -> None:
        try:
            getattr(self, f"_{verb}")(**options)
        except loader.DemoRefused as refusal:
            raise CommandError(" ".join(refusal.messages)) from refusal

    def _load(self, *, if_empty: bool, today: date | None, **_options: Any) -> None:
        if if_empty and not loader.is_empty():
            return
        if settings.PRODUCTION:
            raise CommandError(_("The demonstration has a printed password; it is not loaded in production."))
        loaded = loader.load(today=today)
        words = {"people": loaded.people, "drafts": loaded.drafts, "placements": loaded.placements}
        self.stdout.write(
            _(
                "Demonstration hospital loaded: %(people)s people, %(drafts)s drafts, %(placements)s placements."
            )
            % words
        )

    def _wipe(self, *, yes: bool, **_options: Any) -> None:
        if not loader.is_demonstration():
            loader.wipe()  # refuses, with the reason
        if not yes:
            self.stdout.write(_("This empties the whole database: people, drafts, placements and files."))
            if input(_("Type “yes” to go on: ")).strip().lower() != "yes":
                self.stdout.write(_("Nothing was changed."))
                return
        files = loader.wipe()
        self.stdout.write(_("The demonstration is gone, with %(files)s files.") % {"files": files})

    def _logins(self, **_options: Any) -> None:
        people = User.objects.filter(is_demo=True).in_bulk(field_name="staff_no")
        found = [(role, people[number]) for role, number in LOGINS if number in people]
        if not found:
            self.stdout.write(
                _("The demonstration hospital isn't loaded: sign in with your own staff number.")
            )
            return
        self.stdout.write(_("Address: %(url)s    password of all: %(password)s") % {
            "url": settings.SITE_URL, "password": PASSWORD
        })  # fmt: skip
        for role, person in found:
            self.stdout.write(f"  {person.staff_no}  {person.name}  {role.label}")


def _day(text: str) -> date:
    return date.fromisoformat(text)
