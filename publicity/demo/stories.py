"""Composes pieces of hospital news from the texts beside this file: {slots} are filled, paragraphs are chosen.

A topic of texts/*.toml: `for` departments ("*" any), `titles`, `text` paragraphs; optionally `vary` (values of {x}),
`on` ("MM-DD") or `months`, `genre`, `mood` (which closing paragraphs fit), `part` (the sub-quota it counts towards).
Slots: {x} {date} {dept} {head} {leader} {township} {school} {n:low-high}.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from publicity.demo.people import BY_DEPARTMENT, BY_NUMBER, TEXTS

NEWS_FILES = ("party", "office", "clinical")
LONGEST_TITLE = 60
COLUMNS = ("妇幼小课堂", "医生来了", "门诊问答", "健康三分钟", "专家答疑", "护士长说")
GENERAL_SHARE = 0.07
MOST_TRIES = 160


@dataclass(frozen=True)
class Topic:
    departments: frozenset[str]
    titles: tuple[str, ...]
    text: tuple[str, ...]
    is_science: bool
    vary: tuple[str, ...] = ("",)
    on: str = ""
    months: tuple[int, ...] = ()
    genre: str = "news"
    mood: str = "plain"
    part: str = ""

    def fits(self, department: str) -> bool:
        return department in self.departments or "*" in self.departments


@dataclass(frozen=True)
class Story:
    title: str
    paragraphs: tuple[str, ...]
    genre: str
    event_on: date
    part: str = ""
    mood: str = "plain"


@cache
def topics() -> tuple[Topic, ...]:
    news = [_topic(row, is_science=False) for name in NEWS_FILES for row in _read(name)["topic"]]
    return (*news, *(_topic(row, is_science=True) for row in _read("science")["topic"]))


@cache
def phrases() -> dict[str, Any]:
    """{mood: {name: [closing]}, reasons: {name: [sentence]}, overdone: [{text, reason}], places, captions}"""
    return _read("phrases")


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((TEXTS / f"{name}.toml").read_text(encoding="utf-8"))


def _topic(row: dict[str, Any], *, is_science: bool) -> Topic:
    return Topic(
        departments=frozenset(row["for"]),
        titles=tuple(row["titles"]),
        text=tuple(row["text"]),
        is_science=is_science,
        vary=tuple(row.get("vary", [""])),
        on=row.get("on", ""),
        months=tuple(row.get("months", [])),
        genre="science" if is_science else row.get("genre", "news"),
        mood="science" if is_science else row.get("mood", "plain"),
        part=row.get("part", ""),
    )


@dataclass
class Storyteller:
    """Tells every story under a title of its own. `today` bounds the dates of events."""

    rng: random.Random
    today: date
    used: set[str] = field(default_factory=set)

    def tell(self, *, department: str, near: date, science: bool = False) -> Story:
        """A story of this department around that day; fixed days of the calendar come on their day."""
        own = [topic for topic in topics() if topic.is_science == science and topic.fits(department)]
        for attempt in range(MOST_TRIES):
            topic = self._choose(own, near)
            event_on = self._day(topic, near)
            fill = self._filler(department, event_on, self.rng.choice(topic.vary))
            title = fill(self.rng.choice(topic.titles))
            # What ran before comes again as part of a column.
            if attempt > MOST_TRIES / 2:
                title = f"{self.rng.choice(COLUMNS)}｜{title}"
            if title not in self.used and len(title) <= LONGEST_TITLE:
                break
        else:
            title = next(new for number in range(2, 99) if (new := f"{title}（{number}）") not in self.used)
        self.used.add(title)
        return Story(
            title, tuple(self._paragraphs(topic, title, fill)), topic.genre, event_on, topic.part, topic.mood
        )

    def _choose(self, own: list[Topic], near: date) -> Topic:
        """What the calendar or the season asks for goes first; general topics come now and then."""
        general = [topic for topic in own if "*" in topic.departments]
        dated = [topic for topic in own if topic.on and abs((self._on(topic, near) - near).days) <= 10]
        seasonal = [topic for topic in own if near.month in topic.months]
        anytime = [topic for topic in own if not topic.on and not topic.months and topic not in general]
        fitting = dated * 4 + seasonal * 2 + anytime
        if general and (not fitting or self.rng.random() < GENERAL_SHARE):
            return self.rng.choice(general)
        return self.rng.choice(fitting or own)

    @staticmethod
    def _on(topic: Topic, near: date) -> date:
        return date.fromisoformat(f"{near.year}-{topic.on}")

    def _day(self, topic: Topic, near: date) -> date:
        day = self._on(topic, near) if topic.on else near
        return min(day, self.today)

    def _filler(self, department: str, day: date, x: str) -> _Filler:
        unit = BY_DEPARTMENT[department]
        leader = BY_NUMBER[unit.supervisor]
        township, school = self._place("townships"), self._place("schools")
        slots = {
            "township": township,
            "school": school,
            "date": f"{day.month}月{day.day}日",
            "dept": department,
            "head": f"{department}{unit.head.post}{unit.head.name}",
            "leader": f"{leader.post}{leader.name}",
        }
        # {x} may itself hold slots.
        slots["x"] = _Filler(slots, self.rng)(x)
        return _Filler(slots, self.rng)

    def _place(self, kind: str) -> str:
        return str(self.rng.choice(phrases()["places"][kind]))

    def _paragraphs(self, topic: Topic, title: str, fill: _Filler) -> Iterator[str]:
        if topic.is_science:
            first, *middle, last = topic.text
            asked = max(range(len(middle)), key=lambda index: len(_pairs(title) & _pairs(middle[index])))
            others = [index for index in range(len(middle)) if index != asked]
            chosen = sorted([asked, *self.rng.sample(others, min(2, len(others)))])
            yield from (fill(text) for text in (first, *(middle[index] for index in chosen), last))
            return
        yield from (fill(text) for text in topic.text)
        closings = phrases()["mood"][topic.mood]
        yield from (
            fill(text) for text in self.rng.sample(closings, min(len(closings), self.rng.choice((1, 1, 2))))
        )


@dataclass(frozen=True)
class _Filler:
    slots: dict[str, str]
    rng: random.Random

    def __call__(self, text: str) -> str:
        return re.sub(r"\{(\w+)(?::(\d+)-(\d+))?\}", self._slot, text)

    def _slot(self, match: re.Match[str]) -> str:
        name, low, high = match.groups()
        return str(self.rng.randint(int(low), int(high))) if low else self.slots[name]


def _pairs(text: str) -> set[str]:
    """Pairs of neighbouring characters: what a title and the paragraph that answers it have in common."""
    return {text[index : index + 2] for index in range(len(text) - 1)}


def spread(rng: random.Random, *, first: date, last: date, count: int) -> list[date]:
    """`count` working days between two days, evenly with some irregularity, in order."""
    span = (last - first).days
    days = []
    for index in range(count):
        offset = (index + 0.5 + rng.uniform(-0.45, 0.45)) * span / count
        day = first + timedelta(days=round(offset))
        days.append(day - timedelta(days=max(0, day.weekday() - 4)))
    return sorted(max(first, day) for day in days)
