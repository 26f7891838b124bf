"""Which pieces the two years hold: for each department its information and popular science, and today's desk."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from publicity.demo.histories import Clock, Fate, Historian, Piece
from publicity.demo.people import UNITS, Load
from publicity.demo.stories import Storyteller, spread

# What lies on the desk today: department, popular science?, what became of it, how many days ago it began.
DESK: tuple[tuple[str, bool, Fate, int], ...] = (
    ("护理部", False, Fate.RETURNED_BY_EDITOR, 4),
    ("护理部", True, Fate.AT_SUPERVISOR, 5),
    ("护理部", False, Fate.DRAFT, 1),
    ("护理部", False, Fate.AT_HEAD, 2),
    ("护理部", True, Fate.DECLINED, 11),
    ("党办", False, Fate.AT_EDITOR, 3),
    ("党办", False, Fate.AT_HEAD, 1),
    ("党办", False, Fate.ACCEPTED, 6),
    ("基保科", False, Fate.AT_EDITOR_AGAIN, 8),
    ("基保科", False, Fate.AT_HEAD, 2),
    ("基保科", False, Fate.RETURNED_BY_HEAD, 5),
    ("健教科", True, Fate.AT_SUPERVISOR, 4),
    ("健教科", True, Fate.AT_EDITOR, 6),
    ("健教科", False, Fate.ACCEPTED_AFTER_RETURN, 10),
    ("健教科", True, Fate.RETURNED_BY_EDITOR, 7),
    ("院办", False, Fate.AT_EDITOR, 2),
    ("信息科", False, Fate.DRAFT, 3),
    ("总务后勤科", False, Fate.DRAFT, 9),
    ("医务科", False, Fate.AT_HEAD, 1),
    ("医务科", False, Fate.ACCEPTED, 5),
    ("医保科", False, Fate.RETURNED_BY_HEAD, 9),
    ("妇产科住院部", False, Fate.AT_EDITOR, 4),
    ("妇产科住院部", True, Fate.AT_SUPERVISOR, 3),
    ("妇产科住院部", False, Fate.WITHDRAWN, 7),
    ("妇产科住院部", False, Fate.ACCEPTED, 9),
    ("手术室", False, Fate.DRAFT, 2),
    ("儿科住院部", False, Fate.AT_EDITOR_AGAIN, 9),
    ("儿科住院部", True, Fate.AT_SUPERVISOR, 6),
    ("儿科住院部", True, Fate.ACCEPTED, 8),
    ("门妇科", True, Fate.AT_HEAD, 3),
    ("产前门诊", False, Fate.RETURNED_BY_EDITOR, 3),
    ("儿保科", True, Fate.AT_EDITOR, 5),
    ("儿保科", False, Fate.ACCEPTED, 4),
    ("体检科", True, Fate.DRAFT, 1),
    ("人事科", False, Fate.DECLINED, 6),
    ("检验科", True, Fate.RETURNED_BY_HEAD, 4),
    ("药剂科", True, Fate.AT_EDITOR, 4),
    ("药剂科", False, Fate.WITHDRAWN, 10),
    ("党办", False, Fate.ACCEPTED, 12),
    ("党办", False, Fate.ACCEPTED_AFTER_RETURN, 15),
    ("健教科", True, Fate.ACCEPTED, 13),
    ("健教科", True, Fate.ACCEPTED, 8),
    ("妇产科住院部", True, Fate.ACCEPTED, 12),
    ("儿科住院部", True, Fate.ACCEPTED, 14),
    ("儿保科", True, Fate.ACCEPTED, 10),
    ("药剂科", True, Fate.ACCEPTED, 13),
    ("产前门诊", True, Fate.ACCEPTED, 11),
    ("门妇科", True, Fate.ACCEPTED, 15),
    ("宣传科", True, Fate.ACCEPTED, 14),
    ("宣传科", False, Fate.ACCEPTED, 9),
    ("宣传科", False, Fate.AT_HEAD, 1),
    ("宣传科", False, Fate.AT_EDITOR, 3),
)
# Where pieces that weren't accepted came from, in either year; departments that are silent stay silent.
ALSO_RAN = ("党办", "基保科", "健教科", "妇产科住院部", "儿保科", "医务科", "护理部", "药剂科", "团支部")
NOT_ACCEPTED = (Fate.DECLINED, Fate.WITHDRAWN, Fate.DECLINED, Fate.DECLINED, Fate.WITHDRAWN, Fate.DRAFT)
# A piece this old has been decided on.
SETTLED_AFTER = timedelta(days=16)


@dataclass(frozen=True)
class Year:
    """One year of work: from its second week to its last but one, or to today."""

    year: int
    now: datetime

    @property
    def first(self) -> date:
        return date(self.year, 1, 8)

    @property
    def last(self) -> date:
        return date(self.year, 12, 15)

    @property
    def settled_until(self) -> date:
        return min(self.last, self.now.date() - SETTLED_AFTER)


def all_pieces(rng: random.Random, now: datetime) -> list[Piece]:
    """Both years' pieces in the order they were begun."""
    teller = Storyteller(rng, now.date())
    historian = Historian(rng, Clock(rng, now))
    before, this = Year(now.year - 1, now), Year(now.year, now)
    pieces = [
        historian.write(department=name, science=science, fate=fate, begun=begun, story=story)
        for year in (before, this)
        for name, science, fate, begun in sorted(_settled(rng, year), key=lambda row: row[3])
        for story in [teller.tell(department=name, near=begun, science=science)]
    ]
    for name, science, fate, days in DESK:
        begun = now.date() - timedelta(days=days)
        story = teller.tell(department=name, near=begun, science=science)
        pieces.append(historian.write(department=name, science=science, fate=fate, begun=begun, story=story))
    return sorted(pieces, key=lambda piece: piece.created_at)


Planned = tuple[str, bool, Fate, date]


def _settled(rng: random.Random, year: Year) -> Iterator[Planned]:
    """Everything of the year that was decided on long ago. Days after `settled_until` haven't come yet."""
    for unit in UNITS:
        load: Load = unit.this_year if year.year == year.now.year else unit.year_before
        for science, count in ((False, load.info), (True, load.science)):
            for day in spread(rng, first=year.first, last=year.last, count=count):
                fate = Fate.ACCEPTED_AFTER_RETURN if rng.random() < 0.14 else Fate.ACCEPTED
                if day <= year.settled_until:
                    yield unit.name, science, fate, day
    for index, day in enumerate(spread(rng, first=year.first, last=year.last, count=24)):
        if day <= year.settled_until:
            yield ALSO_RAN[index % len(ALSO_RAN)], False, NOT_ACCEPTED[index % len(NOT_ACCEPTED)], day
