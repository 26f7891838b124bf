"""The reward scheme, the ledger and the payouts, through the rewards' own doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import models

from media_outreach.outlets.models import Placement
from publicity.demo.histories import LOCAL
from publicity.demo.people import CHIEF, OFFICE
from publicity.demo.people_rows import Staff
from publicity.demo.trail import Trail
from rewards.models import Entry, Payout, Workbook
from rewards.services import payout_create, payout_seal, scheme_load, settle, settle_shortfalls
from toolkit import append_only
from toolkit.months import add_months, ym_of

SCHEME = Path("data") / "reward-scheme.yaml"
PIECES_OF_AN_EDITOR = 10


@dataclass
class Money:
    staff: Staff
    trail: Trail
    now: datetime

    def make(self) -> None:
        before, this = self.now.year - 1, self.now.year
        self._scheme(before)
        with self.trail.at(self.now - timedelta(minutes=50)):
            settle(year=before, at=self.now)
            settle_shortfalls(year=before, at=self.now)
            settle(year=this, at=self.now)
        self._sealed(before * 100 + 1, before * 100 + 6, date(before, 7, 10))
        self._sealed(before * 100 + 7, before * 100 + 12, date(this, 1, 16))
        self._sealed(this * 100 + 1, this * 100 + 6, date(this, 7, 9))
        self._gathering(this)
        self._date_entries()

    def _scheme(self, year: int) -> None:
        text = (Path(apps.get_app_config("rewards").path) / SCHEME).read_text(encoding="utf-8")
        with self.trail.at(datetime(year, 1, 4, 9, 30, tzinfo=LOCAL)):
            scheme_load(
                text=text,
                number=1,
                effective_from=date(year, 1, 1),
                document_number=f"澜妇幼发〔{year}〕2号",
                exemptions=[(self.staff.departments[OFFICE], PIECES_OF_AN_EDITOR)],
                actor=self.staff.people[CHIEF.staff_no],
            )

    def _sealed(self, ym_from: int, ym_to: int, on: date) -> None:
        """Drawn up and sealed on that day, if it has come; in early January the last batch is still open."""
        at = datetime.combine(on, time(10, 20), LOCAL)
        if at > self.now:
            return
        chief = self.staff.people[CHIEF.staff_no]
        with self.trail.at(at):
            payout = payout_create(ym_from=ym_from, ym_to=ym_to, actor=chief, at=at)
        Payout.objects.filter(pk=payout.pk).update(created_at=at)
        sealed_at = at + timedelta(hours=5)
        with self.trail.at(sealed_at):
            payout_seal(payout=payout, actor=chief, at=sealed_at)

    def _gathering(self, year: int) -> None:
        """The batch that is open: from July to last month, once July is over."""
        last = add_months(ym_of(self.now.date()), -1)
        if last < year * 100 + 7:
            return
        at = self.now - timedelta(minutes=35)
        with self.trail.at(at):
            payout = payout_create(
                ym_from=year * 100 + 7, ym_to=last, actor=self.staff.people[CHIEF.staff_no], at=at
            )
        Payout.objects.filter(pk=payout.pk).update(created_at=at)

    @staticmethod
    def _date_entries() -> None:
        """An entry was written when its placement was verified; deductions when their year had ended.

        The one place where rows that are only ever added are touched again: this past has just been made.
        """
        verified = {pk: at for pk, at in Placement.objects.values_list("pk", "verified_at") if at}
        entries = list(Entry.objects.all())
        for entry in entries:
            if entry.placement_id in verified:
                entry.created_at = verified[entry.placement_id]
            else:
                day = date(entry.happened_on.year + 1, 1, 2)
                entry.created_at = datetime.combine(day, time(6, 0), LOCAL)
        with append_only.lifted(Entry):
            _unguarded(Entry).bulk_update(entries, ["created_at"], batch_size=100)
        for payout in Payout.objects.sealed():
            Workbook.objects.filter(payout=payout).update(created_at=payout.sealed_at)


def _unguarded(model: type[models.Model]) -> models.QuerySet[Any]:
    """A queryset without the refusals of the model's own."""
    return models.QuerySet(model)
