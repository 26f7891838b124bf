"""Money at the edges: fen and yuan, and the capitals a cashier signs."""

import re
from decimal import Decimal

import pytest
from django.template import Context, Template
from hypothesis import given
from hypothesis import strategies as st

from toolkit.money import DIGITS, capitals, fen_to_yuan, format_yuan, yuan_to_fen

AMOUNTS = st.integers(min_value=-(10**17), max_value=10**17)


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("1409.50", "人民币壹仟肆佰零玖元伍角"),
        ("6007.14", "人民币陆仟零柒元壹角肆分"),
        ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分"),
        ("4580.00", "人民币肆仟伍佰捌拾元整"),
        ("100000.00", "人民币壹拾万元整"),
        ("0.05", "人民币伍分"),
        ("0", "人民币零元整"),
        ("0.50", "人民币伍角"),
        ("10", "人民币壹拾元整"),
        ("1010.10", "人民币壹仟零壹拾元壹角"),
        ("100000001", "人民币壹亿零壹元整"),
        ("1005000", "人民币壹佰万伍仟元整"),
        ("1000500", "人民币壹佰万零伍佰元整"),
        ("-12.30", "人民币负壹拾贰元叁角"),
    ],
)
def test_capitals_as_a_cashier_writes_them(yuan: str, words: str) -> None:
    """A wrong character on the signature line and the bank returns the payment."""
    assert capitals(yuan_to_fen(Decimal(yuan))) == words


@given(AMOUNTS)
def test_capitals_read_back_to_the_same_amount(fen: int) -> None:
    """Two amounts with the same words would let a sheet say another sum than its figures."""
    assert read_capitals(capitals(fen)) == fen


@given(AMOUNTS)
def test_capitals_never_hold_an_odd_zero(fen: int) -> None:
    words = capitals(fen)
    assert "零零" not in words
    assert not re.search("零[万亿角分仟佰拾]", words)
    assert words.endswith("整") == (fen % 100 == 0)


def test_an_amount_beyond_all_budgets_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        capitals(10**18)


@given(AMOUNTS)
def test_yuan_and_fen_are_the_same_money(fen: int) -> None:
    assert yuan_to_fen(fen_to_yuan(fen)) == fen


def test_a_part_of_a_fen_is_refused_rather_than_rounded() -> None:
    """Rounding in silence makes the entries and the payout differ by a fen that nobody finds."""
    for wrong in (Decimal("0.001"), Decimal("NaN"), Decimal("Infinity"), 0.1):
        with pytest.raises(ValueError, match=r"fen|float"):
            yuan_to_fen(wrong)  # type: ignore[arg-type]  # a float is what must be refused


def test_amounts_line_up_in_a_table() -> None:
    assert format_yuan(140950) == "1,409.50"
    assert format_yuan(-5) == "-0.05"
    assert fen_to_yuan(100) == Decimal("1.00")


def test_the_template_shows_yuan_and_nothing_for_nothing() -> None:
    source = Template("{% load money %}{{ a|yuan }}|{{ b|yuan }}|{{ a|capitals }}")
    assert source.render(Context({"a": 580, "b": None})) == "5.80||人民币伍元捌角"


def read_capitals(words: str) -> int:
    """The opposite direction, written independently: 人民币… -> fen."""
    body = words.removeprefix("人民币").removesuffix("整")
    sign = -1 if body.startswith("负") else 1
    body = body.removeprefix("负")
    whole, _, rest = body.partition("元") if "元" in body else ("", "", body)
    fen = _number(whole) * 100
    for digit, unit in re.findall("([壹贰叁肆伍陆柒捌玖])([角分])", rest):
        fen += DIGITS.index(digit) * (10 if unit == "角" else 1)
    return sign * fen


def _number(words: str) -> int:
    if "亿" in words:
        high, _, low = words.rpartition("亿")
        return _number(high) * 10**8 + _number(low)
    if "万" in words:
        high, _, low = words.rpartition("万")
        return _number(high) * 10**4 + _number(low)
    total = 0
    for digit, unit in re.findall("([壹贰叁肆伍陆柒捌玖])([仟佰拾]?)", words):
        total += DIGITS.index(digit) * {"仟": 1000, "佰": 100, "拾": 10, "": 1}[unit]
    return total
