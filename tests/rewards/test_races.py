"""Several people at once, on a real PostgreSQL: nobody is paid twice, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.db.models import Sum
from django.utils import timezone

from rewards import ledger
from rewards.ledger import Settled, settle, settle_shortfalls
from rewards.models import Entry, Payout, PayoutEntry, PayoutLine, Workbook
from rewards.payouts import PayoutRefused, payout_create, payout_seal
from tests.factories import Cast, make_cast
from tests.rewards.factories import load_scheme, make_category, make_outlet, make_placement, make_quota
from toolkit.moves import MoveRefused

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

AT_ONCE = 6
IN_2027 = timezone.make_aware(datetime(2027, 1, 10, 9))


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = make_cast()
    category = make_category()
    load_scheme()
    make_quota(cast.pediatrics, category, 3, year=2026, author=cast.editor)
    outlet = make_outlet()
    for number in range(40):
        make_placement(
            cast.writer,
            cast.other_writer,
            outlet=outlet,
            on=date(2026, 1 + number % 12, 3),
            headline=f"稿件{number}",
        )
    return cast


def at_once(call: Callable[[], Any], times: int = AT_ONCE) -> list[Any]:
    """Results, or the exceptions, of as many threads that start together, each with its own connection."""
    start = Barrier(times)

    def run() -> Any:
        try:
            start.wait(timeout=30)
            return call()
        except (IntegrityError, MoveRefused, PayoutRefused) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(run) for _number in range(times)]]


def total() -> int:
    return int(Entry.objects.aggregate(sum=Sum("amount_fen"))["sum"])


def test_settlers_at_once_enter_each_reward_once(cast: Cast) -> None:
    found = at_once(lambda: settle(year=2026))
    assert sorted(one.added for one in found) == [0] * (AT_ONCE - 1) + [80]
    assert (Entry.objects.count(), total()) == (80, 40 * 5000)


def test_shortfalls_at_once_are_deducted_once(cast: Cast) -> None:
    at_once(lambda: settle_shortfalls(year=2026, at=IN_2027))
    assert (Entry.objects.count(), total()) == (1, -15000)


def test_sealers_at_once_seal_once(cast: Cast) -> None:
    payout_create(ym_from=202601, ym_to=202612, actor=cast.chief, at=IN_2027)

    def seal() -> Payout:
        return payout_seal(payout=Payout.objects.get(), actor=cast.chief, at=IN_2027)

    found = at_once(seal)
    assert [isinstance(one, Payout) for one in found].count(True) == 1
    assert [isinstance(one, MoveRefused) for one in found].count(True) == AT_ONCE - 1
    assert Workbook.objects.count() == 1
    assert PayoutEntry.objects.count() == Entry.objects.count()
    assert sum(line.net_fen for line in PayoutLine.objects.all()) == total() == 40 * 5000 - 15000


def test_batches_drawn_up_at_once_do_not_overlap(cast: Cast) -> None:
    def create() -> Payout:
        return payout_create(ym_from=202601, ym_to=202606, actor=cast.chief, at=IN_2027)

    found = at_once(create)
    assert [isinstance(one, PayoutRefused) for one in found].count(True) == AT_ONCE - 1
    assert Payout.objects.count() == 1


def test_without_the_lock_the_key_still_refuses_the_double(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: with the lock off both settlers read the empty ledger, and the race is really there."""
    both_have_read = Barrier(2)
    read = ledger.changes_of_rewards

    def read_together(year: int) -> Any:
        changes = read(year)
        both_have_read.wait(timeout=30)
        return changes

    monkeypatch.setattr(ledger, "hold_ledger", lambda: None)
    monkeypatch.setattr(ledger, "changes_of_rewards", read_together)
    found = at_once(lambda: settle(year=2026), times=2)
    assert {type(one) for one in found} == {Settled, IntegrityError}
    assert (Entry.objects.count(), total()) == (80, 40 * 5000)
