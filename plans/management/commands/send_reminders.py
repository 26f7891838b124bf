"""manage.py send_reminders: the monthly quota reminder by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from plans.reminders import send_monthly
from toolkit.months import month_of, this_month


class Command(BaseCommand):
    help = "Remind every department behind its pace. Sends nothing twice within a month."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--month", type=int, metavar="YYYYMM", help="the month; this one when left out")

    def handle(self, *args: Any, **options: Any) -> None:
        ym = this_month() if options["month"] is None else options["month"]
        try:
            month_of(ym)
        except ValueError:
            raise CommandError(_("A month is written as YYYYMM, for example 202611.")) from None
        if ym > this_month():
            raise CommandError(_("This month lies in the future; there is nothing to remind of yet."))
        done = send_monthly(ym=ym)
        self.stdout.write(
            _("%(departments)s departments behind; %(sent)s people reminded, %(before)s had been before.")
            % {"departments": done.departments, "sent": done.sent, "before": done.before}
        )
        for department in done.unreachable:
            self.stdout.write(_("Nobody to remind in %(department)s.") % {"department": department.name})
