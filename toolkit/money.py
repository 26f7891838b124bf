"""Money is whole fen inside; Decimal yuan only at the edges."""

from __future__ import annotations

from decimal import Decimal

FEN = Decimal("0.01")
DIGITS = "零壹贰叁肆伍陆柒捌玖"
LARGEST_YUAN = 10**16


def fen_to_yuan(fen: int) -> Decimal:
    """1409 50 fen -> Decimal("1409.50"), always with two decimals."""
    return (Decimal(fen) / 100).quantize(FEN)


def yuan_to_fen(yuan: Decimal | int) -> int:
    """Decimal("1409.50") -> 140950. Raises ValueError for a part of a fen, for NaN and for floats."""
    if isinstance(yuan, float):
        raise ValueError("Money is never a float; pass a Decimal.")
    fen = Decimal(yuan) * 100
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise ValueError(f"{yuan} yuan isn't a whole number of fen.")
    return int(fen)


def format_yuan(fen: int) -> str:
    """140950 -> "1,409.50": the same in every language, so that columns line up."""
    return f"{fen_to_yuan(fen):,.2f}"


def capitals(fen: int) -> str:
    """人民币大写: 140950 -> "人民币壹仟肆佰零玖元伍角".

    整 follows a whole number of yuan only. 零 stands where a digit place between others is empty; between 元 and
    a single 分 too (元零贰分). A negative amount carries 负 after 人民币.
    """
    yuan, cents = divmod(abs(fen), 100)
    if yuan >= LARGEST_YUAN:
        raise ValueError("The amount is too large to write in capitals.")
    jiao, odd = divmod(cents, 10)
    words = "人民币" + ("负" if fen < 0 else "")
    if yuan or not cents:
        words += _whole(yuan) + "元"
    if not cents:
        return words + "整"
    if jiao:
        words += DIGITS[jiao] + "角"
    elif yuan:
        words += "零"
    return words + (DIGITS[odd] + "分" if odd else "")


def _whole(number: int) -> str:
    """A whole number in capitals; groups of 亿 and 万, 零 before a group that doesn't fill its places."""
    for size, unit in ((10**8, "亿"), (10**4, "万")):
        if number >= size:
            high, low = divmod(number, size)
            gap = "零" if 0 < low < size // 10 else ""
            return _whole(high) + unit + (gap + _whole(low) if low else "")
    return _below_ten_thousand(number)


def _below_ten_thousand(number: int) -> str:
    if number == 0:
        return DIGITS[0]
    words, gap = "", False
    for size, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = number // size % 10
        if digit:
            words += ("零" if gap and words else "") + DIGITS[digit] + unit
        gap = digit == 0
    return words
