"""Everybody presses the same button at the same moment.

python -m drills.at_once sqlite|postgres     prints JSON

For each item a barrier lets all clients go at once; each is a thread with a database connection of its own, and loads
the row as a request would. Guarded: the product's own service. Control: the same steps written the obvious way (load,
look at the state, save), which is what a state field without one door leads to.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from drills.servers import Servers, use

CLIENTS = 50
ITEMS = 40
PAYOUT_MONTHS = 12


def all_at_once(calls: list[Callable[[], Any]]) -> Counter[str]:
    """Run each in a thread of its own, started together; how often each outcome came (a class name for errors)."""
    from django.db import close_old_connections, connection

    barrier, outcomes, lock = threading.Barrier(len(calls)), Counter[str](), threading.Lock()

    def run(call: Callable[[], Any]) -> None:
        close_old_connections()
        try:
            barrier.wait(60)
            call()
            outcome = "done"
        except Exception as error:  # counted by its name: an unexpected one must show in the table
            outcome = type(error).__name__
        finally:
            connection.close()
        with lock:
            outcomes[outcome] += 1

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(300)
    return outcomes


def guarded(pk: int, editor: Any) -> None:
    from correspondents.models import Submission
    from correspondents.services import submission_move

    submission_move(submission=Submission.objects.get(pk=pk), action="pass", actor=editor)


def unguarded(pk: int, editor: Any) -> None:
    """The control: read, decide, write."""
    from django.db import transaction

    from correspondents.models import Submission
    from toolkit import audit

    with transaction.atomic():
        draft = Submission.objects.get(pk=pk)
        if draft.state != "in_review":
            raise ValueError("somebody was first")
        draft.state, draft.stage = "accepted", ""
        draft.save(update_fields=["state", "stage"])
        audit.record(actor=editor, action="accept", obj=draft)


def approvals(office: dict[str, Any], accept: Callable[[int, Any], None]) -> dict[str, Any]:
    """`ITEMS` pieces, each accepted by everybody at once; what the database says afterwards."""
    from correspondents.models import Review, Submission
    from drills.hospital import make_submitted
    from plans.models import Delivery
    from toolkit.models import AuditEvent

    pieces = [make_submitted(office, number).pk for number in range(ITEMS)]
    before, outcomes, begun = Delivery.objects.count(), Counter[str](), time.perf_counter()
    for pk in pieces:
        outcomes += all_at_once([lambda pk=pk, one=one: accept(pk, one) for one in office["editors"]])
    seconds = time.perf_counter() - begun
    accepted = AuditEvent.objects.filter(action="accept", object_id__in=[str(pk) for pk in pieces])
    times = Counter(accepted.values_list("object_id", flat=True))
    return {
        "clients": CLIENTS,
        "items": ITEMS,
        "seconds": seconds,
        "outcomes": dict(outcomes),
        "accepted": Submission.objects.filter(pk__in=pieces, state="accepted").count(),
        "doubled": sum(count > 1 for count in times.values()),
        "acceptances": sum(times.values()),
        "reviews": Review.objects.filter(submission__in=pieces).count(),
        "deliveries": Delivery.objects.count() - before,
    }


def money(office: dict[str, Any]) -> dict[str, Any]:
    """Everybody settles the year at once; then everybody seals the same batch at once."""
    from datetime import date

    from django.db.models import Sum
    from django.utils import timezone

    from media_outreach.outlets.models import Credit, Outlet, Placement
    from rewards.ledger import settle
    from rewards.models import Entry, Payout, PayoutEntry, PayoutLine, Rule, SchemeVersion, Workbook
    from rewards.payouts import payout_create, payout_seal

    year = timezone.localdate().year - 1
    version = SchemeVersion.objects.create(
        name="演练办法", number=1, effective_from=date(2000, 1, 1), state="in_force"
    )
    Rule.objects.create(version=version, order=1, amount_fen=5_000)
    outlet = Outlet.objects.create(name="演练报", level="province", medium="newspaper")
    first, second = office["editors"][:2]
    for number in range(ITEMS):
        placement = Placement.objects.create(
            outlet=outlet, headline=f"刊用{number}", department=office["department"], page="A01",
            published_on=date(year, 1 + number % PAYOUT_MONTHS, 3), state="verified", logged_by=first,
            verified_by=second, verified_at=timezone.now(),
        )  # fmt: skip
        Credit.objects.create(
            placement=placement, person=office["writer"], department=office["department"], order=1
        )
    settled = all_at_once([lambda: settle(year=year)] * CLIENTS)
    entries = Entry.objects.of_year(year)
    found = {
        "settle": dict(settled),
        "wanted": ITEMS,
        "entries": entries.count(),
        "fen": entries.aggregate(sum=Sum("amount_fen"))["sum"],
    }
    batch = payout_create(ym_from=year * 100 + 1, ym_to=year * 100 + 12, actor=first)
    sealed = all_at_once(
        [lambda one=one: payout_seal(payout=Payout.objects.get(pk=batch.pk), actor=one)
         for one in office["editors"]]
    )  # fmt: skip
    return found | {
        "seal": dict(sealed),
        "paid_entries": PayoutEntry.objects.filter(payout=batch).count(),
        "lines": PayoutLine.objects.filter(payout=batch).count(),
        "paid_fen": PayoutLine.objects.filter(payout=batch).aggregate(sum=Sum("net_fen"))["sum"],
        "workbooks": Workbook.objects.filter(payout=batch).count(),
    }


def main() -> None:
    with Servers() as servers:
        database = (
            servers.postgres().url if sys.argv[1] == "postgres" else f"sqlite:///{servers.folder}/db.sqlite3"
        )
        use(database=database, folder=servers.folder / "var")
        from django.db import connection

        from drills.hospital import make_office

        office = make_office(CLIENTS)
        result = {
            "database": sys.argv[1],
            "guarded": approvals(office, guarded),
            "control": approvals(office, unguarded),
            "money": money(office),
        }
        connection.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
