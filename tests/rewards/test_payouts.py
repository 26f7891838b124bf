"""Drawing up and sealing batches: everybody is paid once, and the file says what the ledger says."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from plans.states import Level
from rewards.ledger import settle
from rewards.models import Entry, Payout, PayoutEntry, PayoutLine, Workbook
from rewards.payouts import PayoutRefused, payout_create, payout_drop, payout_seal
from rewards.selectors import batch_of, gathered, reconcile
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
from toolkit.models import AuditEvent
from toolkit.moves import MoveLost, MoveRefused

IN_2027 = timezone.make_aware(datetime(2027, 1, 10, 9))


def sheet_rows(payout: Payout, place: int) -> list[tuple[Any, ...]]:
    with payout.workbook.file.open("rb") as stored:
        book = openpyxl.load_workbook(BytesIO(stored.read()))
    return [tuple(row) for row in book.worksheets[place].iter_rows(values_only=True)]


def year_of_work(cast: Cast) -> None:
    """李娜 200 + 33.34, 孙悦 33.33, 王芳 33.33; 儿科 is one piece short; 李娜's county piece brings nothing."""
    category = make_category()
    load_scheme()
    make_quota(cast.pediatrics, category, 2, year=2026, author=cast.editor)
    make_delivery(cast.pediatrics, category, date(2026, 5, 1))
    paper, province = make_outlet(), make_outlet(Level.PROVINCE)
    for month in (1, 2, 3, 4):
        make_placement(cast.writer, outlet=paper, on=date(2026, month, 5))
    make_placement(cast.writer, cast.other_writer, cast.head, outlet=province, on=date(2026, 6, 1))
    make_placement(cast.writer, outlet=make_outlet(Level.COUNTY), on=date(2026, 7, 1))


def draw_up(cast: Cast, first: int = 202601, last: int = 202612) -> Payout:
    return payout_create(ym_from=first, ym_to=last, actor=cast.chief, at=IN_2027)


def test_a_batch_from_its_period_to_its_file(cast: Cast) -> None:
    year_of_work(cast)
    payout = draw_up(cast)
    batch = batch_of(payout)
    assert [(line.name, line.pieces, line.reward_fen, line.deduction_fen) for line in batch.lines] == [
        ("王芳", 1, 3333, 0),
        ("李娜", 5, 23334, 0),
        ("孙悦", 1, 3333, 0),
        ("儿科住院部", 0, 0, -5000),
    ]
    payout_seal(payout=payout, actor=cast.chief, expected_fen=25000, at=IN_2027)
    assert payout.is_sealed
    assert list(PayoutLine.objects.values_list("name", "net_fen")) == [
        ("王芳", 3333),
        ("李娜", 23334),
        ("孙悦", 3333),
        ("儿科住院部", -5000),
    ]
    assert PayoutEntry.objects.count() == Entry.objects.count() == 9
    found = reconcile(Payout.objects.get())
    assert found.agrees
    assert [check.value for check in found.checks] == [25000] * 6


def test_the_workbook_can_be_added_up(cast: Cast) -> None:
    """Staff numbers stay text, amounts are numbers, dates are dates, and the capitals fit the sum."""
    year_of_work(cast)
    payout = payout_seal(payout=draw_up(cast), actor=cast.chief, at=IN_2027)
    summary = sheet_rows(payout, 0)
    data = [row for row in summary if isinstance(row[0], int)]
    assert [row[1] for row in data] == ["0201", "0231", "0331", "—"]
    assert sum(row[7] for row in data) == pytest.approx(250.0)
    words = [str(row[0]) for row in summary]
    assert any("人民币贰佰伍拾元整" in word for word in words)
    assert any("人民币叁佰元整" in word for word in words)
    detail = [row for row in sheet_rows(payout, 1) if isinstance(row[0], int)]
    assert len(detail) == 8  # the county piece, which no article names, is counted below the table
    assert all(isinstance(row[1], datetime) and isinstance(row[8], int | float) for row in detail)
    assert [len(sheet_rows(payout, place)) > 2 for place in range(5)] == [True] * 5


def test_a_name_that_looks_like_a_formula_stays_text(cast: Cast) -> None:
    load_scheme()
    cast.writer.name = "=1+1"
    cast.writer.save(update_fields=["name"])
    make_placement(cast.writer, headline="@SUM(A1:A9)")
    payout = payout_seal(payout=draw_up(cast), actor=cast.chief, at=IN_2027)
    with payout.workbook.file.open("rb") as stored:
        book = openpyxl.load_workbook(BytesIO(stored.read()))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "=1+1" in [cell.value for cell in cells]
    assert [cell.data_type for cell in cells if cell.value == "=1+1"].count("f") == 0


def test_what_was_paid_is_not_paid_again(cast: Cast) -> None:
    year_of_work(cast)
    payout_seal(payout=draw_up(cast, 202601, 202603), actor=cast.chief, at=IN_2027)
    second = payout_seal(payout=draw_up(cast, 202604, 202612), actor=cast.chief, at=IN_2027)
    assert sum(line.net_fen for line in PayoutLine.objects.all()) == 25000
    assert sum(line.net_fen for line in second.lines.all()) == 10000


def test_a_piece_verified_after_sealing_comes_with_the_next_batch(cast: Cast) -> None:
    """A 31 December piece verified in February."""
    load_scheme()
    make_placement(cast.writer, on=date(2025, 6, 1))
    payout_seal(payout=draw_up(cast, 202501, 202512), actor=cast.chief, at=IN_2027)
    make_placement(cast.writer, on=date(2025, 12, 31))
    settle(year=2025)
    batch = batch_of(draw_up(cast, 202601, 202602))
    assert [(entry.ym, entry.amount_fen, entry.is_late) for entry in batch.entries] == [(202512, 5000, True)]


def test_a_placement_voided_after_payment_is_deducted_from_the_next_batch(cast: Cast) -> None:
    load_scheme()
    paid = make_placement(cast.writer, on=date(2026, 1, 5))
    payout_seal(payout=draw_up(cast, 202601, 202601), actor=cast.chief, at=IN_2027)
    void(paid)
    make_placement(cast.writer, outlet=make_outlet(Level.PROVINCE), on=date(2026, 2, 1))
    (line,) = batch_of(draw_up(cast, 202602, 202602)).lines
    assert (line.reward_fen, line.deduction_fen, line.net_fen, line.pieces) == (10000, -5000, 5000, 1)


def test_what_was_corrected_before_sealing_cancels_out_under_rewards(cast: Cast) -> None:
    load_scheme()
    piece = make_submission(cast.writer)
    make_placement(cast.writer, submission=piece)
    settle(year=2026)
    make_placement(cast.writer, submission=piece, outlet=make_outlet(Level.PROVINCE))
    (line,) = batch_of(draw_up(cast)).lines
    assert (line.reward_fen, line.deduction_fen, line.pieces) == (10000, 0, 1)


def test_an_earlier_open_batch_keeps_its_months(cast: Cast) -> None:
    """Two open drafts must not both promise the same money."""
    year_of_work(cast)
    first, second = draw_up(cast, 202601, 202603), draw_up(cast, 202604, 202606)
    assert {entry.ym for entry in gathered(first)} == {202601, 202602, 202603}
    assert {entry.ym for entry in gathered(second)} == {202604, 202606}


def test_a_period_is_covered_once(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer)
    draw_up(cast, 202601, 202606)
    for first, last in ((202601, 202606), (202606, 202612), (202512, 202601), (202603, 202603)):
        with pytest.raises(PayoutRefused, match="2026-H1"):
            draw_up(cast, first, last)
    assert Payout.objects.count() == 1


@pytest.mark.parametrize(("first", "last"), [(202606, 202601), (202601, 203001), (200001, 202612)])
def test_an_impossible_period_is_refused(cast: Cast, first: int, last: int) -> None:
    with pytest.raises(PayoutRefused):
        draw_up(cast, first, last)


def test_nothing_to_pay_is_not_sealed(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer, outlet=make_outlet(Level.COUNTY))
    payout = draw_up(cast)
    with pytest.raises(PayoutRefused):
        payout_seal(payout=payout, actor=cast.chief, at=IN_2027)
    assert not Payout.objects.get().is_sealed
    assert not PayoutEntry.objects.exists()


def test_a_sum_other_than_the_one_seen_is_not_sealed(cast: Cast) -> None:
    """Somebody verified a placement between looking and sealing."""
    load_scheme()
    make_placement(cast.writer)
    payout = draw_up(cast)
    make_placement(cast.writer)
    with pytest.raises(PayoutRefused, match=r"100\.00"):
        payout_seal(payout=payout, actor=cast.chief, expected_fen=5000, at=IN_2027)
    assert not Payout.objects.get().is_sealed
    assert batch_of(Payout.objects.get()).totals.net_fen == 10000


def test_only_the_chief_creates_and_seals(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer)
    payout = draw_up(cast)
    for person in (cast.editor, cast.finance, cast.auditor, cast.leader, cast.writer, cast.administrator):
        with pytest.raises(PayoutRefused):
            payout_create(ym_from=202501, ym_to=202501, actor=person, at=IN_2027)
        with pytest.raises(MoveRefused):
            payout_seal(payout=payout, actor=person, at=IN_2027)
        with pytest.raises(PayoutRefused):
            payout_drop(payout=payout, actor=person)
    assert not Payout.objects.get().is_sealed


def test_the_second_sealer_is_told_who_was_first(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer)
    payout = draw_up(cast)
    stale = Payout.objects.get()
    payout_seal(payout=payout, actor=cast.chief, at=IN_2027)
    with pytest.raises(MoveLost, match="林峰"):
        payout_seal(payout=stale, actor=cast.chief, at=IN_2027)
    assert Workbook.objects.count() == 1


def test_a_draft_can_be_dropped_and_a_sealed_batch_cannot(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer)
    payout_drop(payout=draw_up(cast), actor=cast.chief)
    assert not Payout.objects.exists()
    payout = payout_seal(payout=draw_up(cast), actor=cast.chief, at=IN_2027)
    with pytest.raises(PayoutRefused):
        payout_drop(payout=payout, actor=cast.chief)
    assert AuditEvent.objects.filter(action="drop").count() == 1


def test_a_file_changed_in_the_storage_shows_on_the_page(cast: Cast) -> None:
    load_scheme()
    make_placement(cast.writer)
    payout = payout_seal(payout=draw_up(cast), actor=cast.chief, at=IN_2027)
    stored = payout.workbook
    with stored.file.open("rb") as before:
        assert hashlib.sha256(before.read()).hexdigest() == stored.sha256
    with open(stored.file.path, "ab") as file:
        file.write(b" ")
    assert not reconcile(Payout.objects.get()).agrees


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (202601, 202612, "2026-Y"),
        (202601, 202606, "2026-H1"),
        (202607, 202612, "2026-H2"),
        (202604, 202606, "2026-Q2"),
        (202603, 202603, "2026-03"),
        (202602, 202603, "202602-202603"),
        (202512, 202601, "202512-202601"),
    ],
)
def test_codes_of_batches(first: int, last: int, code: str) -> None:
    assert Payout(ym_from=first, ym_to=last).code == code
