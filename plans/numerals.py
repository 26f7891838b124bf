"""Whole numbers as hospitals write them: 12, １２, 1,200, 十二, 一百零五. Pure."""

from __future__ import annotations

import re

DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
UNITS = {"十": 10, "百": 100, "千": 1000}
PLAIN_DIGITS = "零一二三四五六七八九"
LARGEST = 99_999_999

ARABIC = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+"
CHINESE = r"[零〇一二两三四五六七八九十百千万]+"
NUMBER = f"(?:{ARABIC}|{CHINESE})"

_FULL_WIDTH = {
    code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}


def half_width(text: str) -> str:
    """Full-width digits and letters made half-width; Chinese punctuation stays as it is."""
    return text.translate(_FULL_WIDTH)


def parse_number(text: str) -> int | None:
    """The number a text is, or None. Chinese numerals must be well formed: 三八 is no number, 三十八 is."""
    text = half_width(text.strip())
    if re.fullmatch(ARABIC, text):
        return int(text.replace(",", ""))
    value = _parse_chinese(text)
    # Writing it back is the strictest check of its form there is.
    if value is None or text.replace("两", "二").replace("〇", "零") not in _spellings(value):
        return None
    return value


def to_chinese(value: int) -> str:
    """十二 for 12, 一百零五 for 105. Raises ValueError outside 0 … 99,999,999."""
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{value} can't be written in numerals here.")
    if value == 0:
        return "零"
    upper, lower = divmod(value, 10_000)
    text = f"{_below_ten_thousand(upper)}万" if upper else ""
    if upper and 0 < lower < 1000:
        text += "零"
    text += _below_ten_thousand(lower)
    return text.removeprefix("一") if text.startswith("一十") else text


def _below_ten_thousand(value: int) -> str:
    text = ""
    gap = False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            text += ("零" if gap and text else "") + PLAIN_DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return text


def _spellings(value: int) -> set[str]:
    written = to_chinese(value)
    return {written, f"一{written}"} if written.startswith("十") else {written}


def _parse_chinese(text: str) -> int | None:
    if not text or not re.fullmatch(CHINESE, text):
        return None
    total = section = digit = 0
    for sign in text:
        if sign in DIGITS:
            digit = DIGITS[sign]
        elif sign in UNITS:
            section += (digit or 1) * UNITS[sign]
            digit = 0
        else:  # 万
            total += (section + digit) * 10_000
            section = digit = 0
    value = total + section + digit
    return value if value <= LARGEST else None
