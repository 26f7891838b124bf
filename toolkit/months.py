"""Months as `ym`, an integer yyyymm in local time (Asia/Shanghai unless the settings say otherwise)."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from django.utils import timezone


def ym_of(moment: date | datetime) -> int:
    """The local month of a date or of an aware datetime. Raises ValueError for a naive datetime."""
    if isinstance(moment, datetime):
        moment = timezone.localtime(moment)
    return moment.year * 100 + moment.month


def this_month(at: datetime | None = None) -> int:
    return ym_of(at or timezone.now())


def make_ym(year: int, month: int) -> int:
    if not (1 <= month <= 12 and 1 <= year <= 9999):
        raise ValueError(f"There is no month {month} of year {year}.")
    return year * 100 + month


def year_of(ym: int) -> int:
    return _split(ym)[0]


def month_of(ym: int) -> int:
    return _split(ym)[1]


def add_months(ym: int, n: int) -> int:
    year, month = _split(ym)
    years, zero_based = divmod(year * 12 + month - 1 + n, 12)
    return make_ym(years, zero_based + 1)


def months_between(a: int, b: int) -> list[int]:
    """Every ym from a to b, both included; empty when b lies before a."""
    found = []
    while a <= b:
        found.append(a)
        a = add_months(a, 1)
    return found


def first_day(ym: int) -> date:
    year, month = _split(ym)
    return date(year, month, 1)


def last_day(ym: int) -> date:
    year, month = _split(ym)
    return date(year, month, monthrange(year, month)[1])


def _split(ym: int) -> tuple[int, int]:
    year, month = divmod(ym, 100)
    make_ym(year, month)
    return year, month
