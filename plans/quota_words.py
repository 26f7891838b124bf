"""One target in the words of a 目标任务分解表, and several in one cell. Pure: text in, dataclasses out.

    22篇信息 · 20（报刊新闻报道） · 16（县电视台新闻报道，12篇新闻，4篇专题） · 微博每月10条

`render` writes a target back in words that read as the same target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from plans.numerals import NUMBER, half_width, parse_number

YEAR = "year"
MONTH = "month"
LARGEST_TARGET = 100_000
LONGEST_NAME, LONGEST_NOTE, LONGEST_TEXT = 40, 200, 300

UNITS = "篇|条|次|期|个|场|件|幅|部|份|则|个月"
OPEN, CLOSE = "（(", "）)"
COMMAS = r"[，,、；;]"
PER_MONTH = r"每个月|每月|月均"
PER_YEAR = r"全年|每年|年度|年"


@dataclass(frozen=True)
class QuotaLine:
    """One target. `parts` are sub-quotas (其中): (label, target)."""

    row: int
    department: str
    text: str
    category: str
    target: int
    period: str = YEAR
    note: str = ""
    parts: tuple[tuple[str, int], ...] = ()
    unit: str = ""
    responsible: str = ""

    @property
    def per_year(self) -> int:
        return self.target * 12 if self.period == MONTH else self.target


class Unreadable(ValueError):
    """One text isn't a target; `code` names why (see `imports.PROBLEMS`)."""

    def __init__(self, code: str, **values: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.values = values


def squeeze(text: str) -> str:
    """White space taken out, but for single spaces between Latin letters; digits half-width."""
    text = half_width(text.replace("\u3000", " ")).strip()
    return re.sub(r"(?<![A-Za-z])\s+|\s+(?![A-Za-z])", "", text)


def split_items(text: str) -> list[str]:
    """The targets of one cell: separated by line breaks or semicolons, or by commas where every piece is a target."""
    found: list[str] = []
    for block in _split_outside_brackets(text, "\n\r；;"):
        pieces = _split_outside_brackets(block, "，,、。")
        found += pieces if len(pieces) > 1 and all(map(_is_item, pieces)) else [block]
    return found


def _is_item(text: str) -> bool:
    try:
        parse_item(text)
    except Unreadable:
        return False
    return True


def _split_outside_brackets(text: str, separators: str) -> list[str]:
    pieces, depth = [""], 0
    for position, sign in enumerate(text):
        depth += (sign in OPEN) - (sign in CLOSE)
        # A comma between digits groups thousands.
        grouping = sign == "," and re.match(r"\d,\d{3}(?!\d)", text[max(position - 1, 0) :]) is not None
        if sign in separators and depth <= 0 and not grouping:
            pieces.append("")
        else:
            pieces[-1] += sign
    return [piece.strip() for piece in pieces if piece.strip()]


_COUNT = rf"(?P<number>{NUMBER})(?P<unit>{UNITS})?"
_NAME = r"(?P<category>[^0-9（()）]+?)"
_NOTE = r"(?:[（(](?P<inner>.*)[）)])?[。.]?"
_PERIOD = rf"(?P<period>{PER_MONTH}|{PER_YEAR})?"
_FORMS = [
    re.compile(rf"{_PERIOD}{_COUNT}{_NAME}{_NOTE}"),  # 22篇信息, 每月2篇信息（…）
    re.compile(rf"{_NAME}{_PERIOD}{_COUNT}{_NOTE}"),  # 微博每月10条, 信息22篇
    re.compile(rf"{_PERIOD}{_COUNT}[（(](?P<inner>.+)[）)][。.]?"),  # 20（报刊新闻报道）
]
_PART = [
    re.compile(rf"(?P<number>{NUMBER})(?P<unit>{UNITS})?(?P<label>[^0-9（()）]+)"),
    re.compile(rf"(?P<label>[^0-9（()）]+?)(?P<number>{NUMBER})(?P<unit>{UNITS})?"),
]


def parse_item(text: str) -> QuotaLine:
    """The target a text means (row 0, no department). Raises Unreadable."""
    # 5次/年 is written for 每年5次.
    plain = re.sub(rf"({NUMBER})({UNITS})[/／](年|月)", r"每\3\1\2", squeeze(text))
    _refuse_odd_numbers(plain)
    for form in _FORMS:
        match = form.fullmatch(plain)
        if match is not None and (line := _line(text, match.groupdict())) is not None:
            return line
    if re.fullmatch(rf"{NUMBER}(?:{UNITS})?", plain):
        raise Unreadable("no_category")
    raise Unreadable("unreadable")


def _refuse_odd_numbers(plain: str) -> None:
    # A hyphen after a digit is a range; at the start or after a word it is a minus sign.
    if re.search(r"\d[-–—~～至]\d", plain):
        raise Unreadable("range")
    if re.search(r"[-－−–—负]\s*[0-9]", plain):
        raise Unreadable("negative")
    if re.search(r"\d[.．]\d", plain):
        raise Unreadable("not_whole")
    outside = re.sub(r"[（(].*[）)]", "", plain)
    if (
        re.search(r"每半?个?(?:周|星期|季|季度|天|日|年度?)", outside.replace("每年", ""))
        or "半年" in outside
    ):
        raise Unreadable("period")


def _line(text: str, found: dict[str, str | None]) -> QuotaLine | None:
    number, unit = found["number"] or "", found["unit"] or ""
    target = parse_number(number)
    if target is None or (not unit and not number[0].isascii() and "category" in found):
        return None
    category, inner = found.get("category") or "", found["inner"] or ""
    parts: tuple[tuple[str, int], ...] = ()
    if category:
        note, parts = inner, _parts(inner)
    else:
        category, note, parts = _named_inside(inner)
    category = _clean_category(category)
    # 22篇（信息）: the unit isn't what is counted.
    if not category or category in UNITS.split("|"):
        return None
    _check(target, parts)
    _check_lengths(category, note, parts, text)
    period = MONTH if re.fullmatch(PER_MONTH, found["period"] or "") else YEAR
    return QuotaLine(0, "", text.strip(), category, target, period, note, parts, unit)


def _clean_category(text: str) -> str:
    return text.strip("，,、：:；;。的 ")


def _named_inside(inner: str) -> tuple[str, str, tuple[tuple[str, int], ...]]:
    """县电视台新闻报道，12篇新闻，4篇专题 → its category, a note in the usual words, and the parts."""
    head, *rest = re.split(COMMAS, inner, maxsplit=1)
    if re.search(r"\d", head):
        return "", "", ()
    tail = rest[0] if rest else ""
    parts = _parts(tail)
    if not parts:
        return head, tail, ()
    units = [match["unit"] or "" for match in _part_matches(tail)]
    shown = "，".join(f"{label}{target}{unit}" for (label, target), unit in zip(parts, units, strict=True))
    return head, f"其中{shown}", parts


def _parts(inner: str) -> tuple[tuple[str, int], ...]:
    """Sub-quotas when every piece of the note is one; an ordinary note has none."""
    matches = list(_part_matches(inner))
    pieces = [piece for piece in re.split(COMMAS, inner) if piece]
    if not pieces or len(matches) != len(pieces):
        return ()
    return tuple((match["label"].strip("：:为"), parse_number(match["number"]) or 0) for match in matches)


def _part_matches(inner: str) -> Iterator[re.Match[str]]:
    for piece in re.split(COMMAS, inner):
        plain = re.sub(r"^(?:其中|含|包括)[：:]?", "", piece)
        for form in _PART:
            match = form.fullmatch(plain)
            # 三八节宣传 is a name that begins with a numeral: only a number with a unit, or in digits, counts.
            if (
                match
                and parse_number(match["number"]) is not None
                and (match["unit"] or match["number"].isascii())
            ):
                yield match
                break


def _check(target: int, parts: tuple[tuple[str, int], ...]) -> None:
    if target < 1 or any(part < 1 for _, part in parts):
        raise Unreadable("zero")
    if target > LARGEST_TARGET:
        raise Unreadable("too_large", largest=LARGEST_TARGET)
    labels = [label for label, _ in parts]
    if len(set(labels)) < len(labels):
        raise Unreadable("duplicate_part")
    if sum(part for _, part in parts) > target:
        raise Unreadable("parts_above", sum=sum(part for _, part in parts), target=target)


def _check_lengths(category: str, note: str, parts: tuple[tuple[str, int], ...], text: str) -> None:
    labels = max((len(label) for label, _ in parts), default=0)
    if max(len(category), labels) > LONGEST_NAME or len(note) > LONGEST_NOTE or len(text) > LONGEST_TEXT:
        raise Unreadable("too_long")


def render(line: QuotaLine) -> str:
    """The target in words that `parse_item` reads as the same category, target, period, note and parts."""
    unit = line.unit or "篇"
    note = f"（{line.note}）" if line.note else ""
    if line.period == MONTH:
        return f"{line.category}每月{line.target}{unit}{note}"
    return f"{line.target}{unit}{line.category}{note}"


def parse_total(text: str) -> dict[str, int]:
    """What a 合计 row states, by category; a bare number has the category "". Unreadable pieces are left out."""
    stated: dict[str, int] = {}
    for item in split_items(text):
        bare = re.fullmatch(rf"({NUMBER})(?:{UNITS})?", squeeze(item))
        if bare and (value := parse_number(bare[1])) is not None:
            stated[""] = value
            continue
        try:
            line = parse_item(item)
        except Unreadable:
            continue
        stated[line.category] = line.target
    return stated
