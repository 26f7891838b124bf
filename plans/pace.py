"""How a target stands on a day. Pure arithmetic on whole numbers, so that everybody who recalculates gets the same.

Expected by a day = yearly target × days of the year gone by (that day included) ÷ days of the year, rounded to
whole pieces (a half counts), so that a single piece is expected from the middle of the year on.
Forecast at year end = delivered so far × days of the year ÷ days gone by, rounded down: it goes on as it went.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date

from plans.states import Pace


@dataclass(frozen=True)
class Elapsed:
    """How much of a year is over on a day: 0 days before it begins, all of them after it."""

    days: int
    of: int

    @property
    def percent(self) -> int:
        return self.days * 100 // self.of

    @property
    def months_left(self) -> int:
        """Months still to come, this one included, at least one while the year runs."""
        return max(1, -(-(self.of - self.days) * 12 // self.of)) if self.days < self.of else 0


def elapsed(*, year: int, on: date) -> Elapsed:
    of = 366 if isleap(year) else 365
    days = (on - date(year, 1, 1)).days + 1
    return Elapsed(max(0, min(days, of)), of)


@dataclass(frozen=True)
class Standing:
    """Delivered against a yearly target; everything else follows from the two and the day."""

    target: int
    delivered: int
    elapsed: Elapsed

    @property
    def expected(self) -> int:
        return (2 * self.target * self.elapsed.days + self.elapsed.of) // (2 * self.elapsed.of)

    @property
    def gap(self) -> int:
        """What is missing to the yearly target; 0 when it is met."""
        return max(self.target - self.delivered, 0)

    @property
    def lag(self) -> int:
        """What is missing to the pace of today."""
        return max(self.expected - self.delivered, 0)

    @property
    def pace(self) -> Pace:
        if self.delivered >= self.target:
            return Pace.MET
        if self.delivered >= self.expected:
            return Pace.ON_TRACK
        return Pace.BEHIND if self.delivered else Pace.SILENT

    @property
    def is_behind(self) -> bool:
        return self.lag > 0

    @property
    def percent(self) -> int:
        """Delivered in percent of the target, rounded down."""
        return self.delivered * 100 // self.target if self.target else 0

    @property
    def forecast(self) -> int:
        return self.delivered * self.elapsed.of // self.elapsed.days if self.elapsed.days else 0

    @property
    def needed_per_month(self) -> int:
        """From now on, rounded up; 0 when it is met or the year is over."""
        months = self.elapsed.months_left
        return -(-self.gap // months) if months else 0
