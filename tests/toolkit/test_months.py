"""Months in local time: what happened at half past midnight on the first belongs to the new month."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.months import add_months, first_day, last_day, month_of, months_between, year_of, ym_of

YMS = st.builds(lambda year, month: year * 100 + month, st.integers(1900, 2200), st.integers(1, 12))


def test_a_piece_at_half_past_midnight_counts_for_the_new_month() -> None:
    """In UTC it is still the last of September, and the department would miss its October target."""
    assert ym_of(datetime(2026, 9, 30, 16, 30, tzinfo=UTC)) == 202610
    assert ym_of(datetime(2026, 9, 30, 15, 59, tzinfo=UTC)) == 202609
    assert ym_of(date(2026, 1, 31)) == 202601


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        ym_of(datetime(2026, 1, 1))


def test_the_year_turns() -> None:
    assert add_months(202612, 1) == 202701
    assert add_months(202601, -1) == 202512
    assert months_between(202611, 202702) == [202611, 202612, 202701, 202702]
    assert months_between(202702, 202611) == []
    assert (year_of(202607), month_of(202607)) == (2026, 7)


def test_february_has_its_own_end() -> None:
    assert first_day(202802) == date(2028, 2, 1)
    assert last_day(202802) == date(2028, 2, 29)
    assert last_day(202702) == date(2027, 2, 28)


def test_a_month_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no month 13"):
        first_day(202613)


@given(YMS, st.integers(-500, 500))
def test_going_there_and_back_ends_where_it_began(ym: int, n: int) -> None:
    assert add_months(add_months(ym, n), -n) == ym


@given(YMS, st.integers(0, 60))
def test_a_span_holds_every_month_once(ym: int, n: int) -> None:
    span = months_between(ym, add_months(ym, n))
    assert len(span) == n + 1 == len(set(span))
