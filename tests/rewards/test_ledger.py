"""Settling: what the ledger says after placements come, go and change their rank."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from correspondents.states import Genre
from media_outreach.outlets.models import Placement
from media_outreach.outlets.signals import placement_verified, placement_voided
from media_outreach.outlets.states import PlacementState
from plans.states import Level, Medium
from rewards.ledger import Settled, settle, settle_shortfalls
from rewards.models import Entry
from rewards.states import EntryKind, Reason
from tests.factories import Cast
from tests.rewards.factories import (
    load_scheme,
    make_category,
    make_delivery,
    make_outlet,
    make_placement,
    make_quota,
    make_submission,
    void,
)
from toolkit.models import AppendOnlyError, AuditEvent


def rows() -> list[tuple[str, str, int]]:
    return list(Entry.objects.order_by("pk").values_list("kind", "reason", "amount_fen"))


def test_a_verified_placement_brings_its_reward(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer, outlet=make_outlet(Level.PROVINCE))
    assert settle(year=2026) == Settled(added=1, reversed=0)
    entry = Entry.objects.get()
    assert (entry.ym, entry.happened_on, entry.amount_fen) == (202603, date(2026, 3, 8), 10000)
    assert (entry.person, entry.department, entry.rule.order) == (cast.writer, cast.nursing, 2)


def test_settling_again_adds_nothing(cast: Cast) -> None:
    """Otherwise the nightly run would pay everybody once more."""
    load_scheme()
    make_placement(cast.writer, cast.other_writer)
    settle(year=2026)
    assert settle(year=2026) == Settled()
    assert Entry.objects.count() == 2


def test_what_is_not_verified_is_not_rewarded(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer, state=PlacementState.LOGGED)
    make_placement(cast.writer, state=PlacementState.VOID)
    assert settle(year=2026) == Settled()


def test_a_voided_placement_is_taken_back_by_a_reversing_entry(cast: Cast) -> None:
    load_scheme()
    placement = make_placement(cast.writer)
    settle(year=2026)
    void(placement)
    assert settle(year=2026) == Settled(added=0, reversed=1)
    assert rows() == [("reward", "rule", 5000), ("reversal", "voided", -5000)]
    assert settle(year=2026) == Settled()


def test_a_higher_outlet_takes_the_reward_over(cast: Cast) -> None:
    """就高: the prefecture paper was entered first, then the provincial one came."""
    load_scheme()
    piece = make_submission(cast.writer)
    make_placement(cast.writer, submission=piece)
    settle(year=2026)
    make_placement(cast.writer, submission=piece, outlet=make_outlet(Level.PROVINCE), on=date(2026, 4, 1))
    settle(year=2026)
    assert rows() == [
        ("reward", "rule", 5000),
        ("reversal", "superseded", -5000),
        ("reward", "superseded", 0),
        ("reward", "rule", 10000),
    ]
    assert Entry.objects.aggregate(sum=Sum("amount_fen"))["sum"] == 10000


def test_a_voided_winner_gives_the_reward_back_to_the_other_outlet(cast: Cast) -> None:
    load_scheme()
    piece = make_submission(cast.writer)
    make_placement(cast.writer, submission=piece)
    winner = make_placement(cast.writer, submission=piece, outlet=make_outlet(Level.PROVINCE))
    settle(year=2026)
    void(winner)
    settle(year=2026)
    assert [entry.amount_fen for entry in Entry.objects.live()] == [5000]


def test_the_same_piece_in_two_years_is_paid_once(cast: Cast) -> None:
    """A piece of 31 December that a provincial paper takes up in January."""
    load_scheme()
    piece = make_submission(cast.writer)
    make_placement(cast.writer, submission=piece, on=date(2025, 12, 31))
    settle(year=2025)
    late = make_placement(
        cast.writer, submission=piece, outlet=make_outlet(Level.PROVINCE), on=date(2026, 1, 4)
    )
    placement_verified.send(sender=Placement, placement=late)
    assert {(entry.ym, entry.amount_fen) for entry in Entry.objects.live()} == {(202512, 0), (202601, 10000)}


def test_without_a_scheme_the_entry_says_so(cast: Cast) -> None:
    make_placement(cast.writer)
    settle(year=2026)
    assert rows() == [("reward", "no_rule", 0)]


def test_a_paid_page_is_entered_with_nothing(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer, is_paid=True)
    settle(year=2026)
    assert rows() == [("reward", "paid_page", 0)]


def test_information_for_a_bureau(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer, outlet=make_outlet(Level.BUREAU, Medium.BRIEFING), genre=Genre.INFO)
    make_placement(cast.writer, outlet=make_outlet(Level.BUREAU, Medium.BRIEFING), genre=Genre.NEWS)
    settle(year=2026)
    assert sorted(Entry.objects.values_list("amount_fen", "reason")) == [(0, "no_rule"), (8000, "rule")]


def test_office_staff_are_paid_only_beyond_their_quota(cast: Cast) -> None:
    load_scheme(exemptions=((cast.office, 2),))
    for day in (1, 2, 3):
        make_placement(cast.editor, on=date(2026, 5, day))
    settle(year=2026)
    assert list(Entry.objects.order_by("happened_on").values_list("amount_fen", "reason")) == [
        (0, "exempt"),
        (0, "exempt"),
        (5000, "rule"),
    ]


def test_a_new_version_prices_only_what_is_published_from_its_day(cast: Cast) -> None:
    load_scheme()
    dearer = "document: 新办法\nrules:\n  - {when: {level: 市州}, amount: 88.8}\n"
    load_scheme(number=2, effective_from=date(2026, 7, 1), text=dearer)
    make_placement(cast.writer, on=date(2026, 6, 30))
    make_placement(cast.writer, on=date(2026, 7, 1))
    settle(year=2026)
    assert list(Entry.objects.order_by("happened_on").values_list("amount_fen", flat=True)) == [5000, 8880]


def test_the_news_of_a_verified_placement_settles_by_itself(cast: Cast) -> None:
    load_scheme()
    placement = make_placement(cast.writer)
    placement_verified.send(sender=Placement, placement=placement)
    assert rows() == [("reward", "rule", 5000)]
    void(placement)
    placement_voided.send(sender=Placement, placement=placement)
    assert Entry.objects.aggregate(sum=Sum("amount_fen"))["sum"] == 0


def test_entries_cannot_be_changed_or_deleted(cast: Cast) -> None:
    """A ledger somebody can edit proves nothing."""
    load_scheme()
    make_placement(cast.writer)
    settle(year=2026)
    entry = Entry.objects.get()
    entry.amount_fen = 999900
    with pytest.raises(AppendOnlyError):
        entry.save()
    with pytest.raises(AppendOnlyError):
        entry.delete()
    with pytest.raises(AppendOnlyError):
        Entry.objects.filter(pk=entry.pk).update(amount_fen=1)
    with pytest.raises(AppendOnlyError):
        Entry.objects.all().delete()
    assert Entry.objects.get().amount_fen == 5000


def test_the_database_refuses_a_second_entry_of_the_same_key(cast: Cast) -> None:
    load_scheme()
    placement = make_placement(cast.writer)
    settle(year=2026)
    twin = Entry.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(
            ym=twin.ym,
            happened_on=twin.happened_on,
            kind=twin.kind,
            reason=twin.reason,
            person=twin.person,
            department=twin.department,
            amount_fen=5000,
            placement=placement,
            title=twin.title,
            key=twin.key,
        )


@pytest.mark.parametrize("count", [1, 20])
def test_settling_costs_the_same_queries_for_one_and_for_many(cast: Cast, count: int) -> None:
    load_scheme()
    outlet = make_outlet()
    for number in range(count):
        make_placement(cast.writer, cast.other_writer, outlet=outlet, headline=f"稿件{number}")
    with CaptureQueriesContext(connection) as queries:
        settle(year=2026)
    statements = [
        query["sql"].split()[0] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))
    ]
    assert statements.count("SELECT") == 9
    assert statements.count("INSERT") == 3  # the lock row, the entries, the audit event


def test_every_settling_that_changes_something_is_written_down(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer)
    settle(year=2026, actor=cast.chief)
    settle(year=2026, actor=cast.chief)
    (event,) = AuditEvent.objects.filter(action="settle")
    assert (event.actor, event.changes["added"]) == (cast.chief, [0, 1])


# --- shortfalls -------------------------------------------------------------------------------------------------


def test_a_department_short_of_one_piece_is_deducted_its_rate(cast: Cast) -> None:
    """科室州报任务 4 篇，完成 3 篇: 扣 50 元."""
    category = make_category()
    load_scheme()
    make_quota(cast.nursing, category, 4, year=2025, author=cast.editor)
    for month in (3, 6, 9):
        make_delivery(cast.nursing, category, date(2025, month, 1))
    assert settle_shortfalls(year=2025) == Settled(added=1, reversed=0)
    entry = Entry.objects.get()
    assert (entry.amount_fen, entry.ym, entry.person, entry.department) == (-5000, 202512, None, cast.nursing)
    assert entry.inputs == {"target": 4, "delivered": 3, "missing": 1, "rate_fen": 5000}
    assert settle_shortfalls(year=2025) == Settled()


def test_a_late_delivery_corrects_the_deduction(cast: Cast) -> None:
    category = make_category()
    load_scheme()
    make_quota(cast.nursing, category, 2, year=2025, author=cast.editor)
    settle_shortfalls(year=2025)
    make_delivery(cast.nursing, category, date(2025, 12, 31))
    settle_shortfalls(year=2025)
    assert rows() == [
        ("deduction", "shortfall", -10000),
        ("reversal", "corrected", 10000),
        ("deduction", "shortfall", -5000),
    ]
    make_delivery(cast.nursing, category, date(2025, 12, 30))
    settle_shortfalls(year=2025)
    assert Entry.objects.aggregate(sum=Sum("amount_fen"))["sum"] == 0


def test_a_category_without_a_corresponding_rule_is_not_deducted(cast: Cast) -> None:
    category = make_category("county-tv", "县电视台", levels=[Level.COUNTY], media=[Medium.TELEVISION])
    load_scheme()
    make_quota(cast.nursing, category, 4, year=2025, author=cast.editor)
    assert settle_shortfalls(year=2025) == Settled()


def test_the_running_year_is_not_deducted_unless_a_person_asks(cast: Cast) -> None:
    category = make_category()
    load_scheme()
    year = timezone.localdate().year
    make_quota(cast.nursing, category, 1, year=year, author=cast.editor)
    assert settle_shortfalls(year=year) == Settled()
    assert settle_shortfalls(year=year, actor=cast.chief) == Settled(added=1, reversed=0)


def test_kinds_and_reasons_read_as_the_constraints_do() -> None:
    """The check constraints in the migration name these codes."""
    assert (EntryKind.REWARD, EntryKind.DEDUCTION, EntryKind.REVERSAL) == ("reward", "deduction", "reversal")
    assert Reason.SHORTFALL == "shortfall"
