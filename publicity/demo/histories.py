"""What becomes of each piece: who passed, returned or accepted it and when. Plain data, no rows."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

from correspondents.states import Stage, SubmissionState
from publicity.demo.people import BY_DEPARTMENT, CHIEF, EDITORS, OFFICE, Unit
from publicity.demo.stories import Story, phrases

LOCAL = ZoneInfo("Asia/Shanghai")
OPENS, CLOSES = 8, 18


class Fate(Enum):
    DRAFT = "draft"
    AT_HEAD = "head"
    AT_SUPERVISOR = "supervisor"
    AT_EDITOR = "editor"
    AT_EDITOR_AGAIN = "editor again"
    RETURNED_BY_HEAD = "returned by head"
    RETURNED_BY_EDITOR = "returned by editor"
    ACCEPTED = "accepted"
    ACCEPTED_AFTER_RETURN = "accepted after return"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


STATES = {
    Fate.DRAFT: SubmissionState.DRAFT,
    Fate.RETURNED_BY_HEAD: SubmissionState.RETURNED,
    Fate.RETURNED_BY_EDITOR: SubmissionState.RETURNED,
    Fate.ACCEPTED: SubmissionState.ACCEPTED,
    Fate.ACCEPTED_AFTER_RETURN: SubmissionState.ACCEPTED,
    Fate.DECLINED: SubmissionState.DECLINED,
    Fate.WITHDRAWN: SubmissionState.WITHDRAWN,
}
WAITING_AT = {
    Fate.AT_HEAD: Stage.HEAD,
    Fate.AT_SUPERVISOR: Stage.SUPERVISOR,
    Fate.AT_EDITOR: Stage.EDITOR,
    Fate.AT_EDITOR_AGAIN: Stage.EDITOR,
}


@dataclass(frozen=True)
class Step:
    """One move. `by` is a staff number; `text` the index of the submitted text; `stage` where it was judged."""

    action: str
    by: str
    at: datetime
    note: str = ""
    stage: str = ""
    text: int = 0


@dataclass
class Piece:
    department: str
    authors: list[str]
    is_science: bool
    story: Story
    fate: Fate
    created_at: datetime
    texts: list[tuple[str, ...]] = field(default_factory=list)
    complaint: str = ""  # what the office says about the first text, where it is returned
    steps: list[Step] = field(default_factory=list)

    @property
    def state(self) -> SubmissionState:
        return STATES.get(self.fate, SubmissionState.IN_REVIEW)

    @property
    def stage(self) -> str:
        return WAITING_AT[self.fate].value if self.fate in WAITING_AT else ""

    @property
    def updated_at(self) -> datetime:
        return self.steps[-1].at if self.steps else self.created_at + timedelta(minutes=25)

    def last(self, *actions: str) -> Step | None:
        return next((step for step in reversed(self.steps) if step.action in actions), None)

    @property
    def decided_at(self) -> datetime | None:
        step = self.last("accept", "decline")
        return step.at if step else None


@dataclass
class Clock:
    """Working hours, never past `now`."""

    rng: random.Random
    now: datetime

    def on(self, day: date) -> datetime:
        """A moment in the working hours of that day."""
        minute = self.rng.randint(15, 9 * 60)
        moment = datetime.combine(day, time(OPENS), LOCAL) + timedelta(minutes=minute)
        return min(moment, self.now - timedelta(hours=1))

    def later(self, moment: datetime, *, low: float, high: float) -> datetime:
        """Some hours after; what falls into the night is done the next morning."""
        new = moment + timedelta(hours=self.rng.uniform(low, high))
        if new.hour >= CLOSES:
            new = _morning(new.date() + timedelta(days=1), self.rng)
        elif new.hour < OPENS:
            new = _morning(new.date(), self.rng)
        room = (self.now - moment) / 2
        return min(new, moment + max(room, timedelta(seconds=30)))


def _morning(day: date, rng: random.Random) -> datetime:
    return datetime.combine(day, time(OPENS), LOCAL) + timedelta(
        minutes=rng.randint(5, 170), seconds=rng.randint(0, 59)
    )


@dataclass
class Historian:
    """Gives each story its history."""

    rng: random.Random
    clock: Clock

    def write(self, *, department: str, science: bool, story: Story, fate: Fate, begun: date) -> Piece:
        unit = BY_DEPARTMENT[department]
        piece = Piece(
            department=department,
            authors=self._authors(unit),
            is_science=science,
            story=story,
            fate=fate,
            created_at=self.clock.on(max(begun, story.event_on)),
            texts=[story.paragraphs],
        )
        if fate in (
            Fate.RETURNED_BY_EDITOR,
            Fate.RETURNED_BY_HEAD,
            Fate.ACCEPTED_AFTER_RETURN,
            Fate.AT_EDITOR_AGAIN,
        ):
            self._overdo(piece)
        if fate is not Fate.DRAFT:
            self._play(piece, unit)
        return piece

    def _authors(self, unit: Unit) -> list[str]:
        """The correspondent or an editor; now and then a second or third hand from the office."""
        first = self.rng.choice(unit.writers).staff_no
        others = [person.staff_no for person in EDITORS if person.staff_no != first]
        if unit.name != OFFICE and self.rng.random() < 0.10:
            return [first, self.rng.choice(others)]
        return [first]

    def _play(self, piece: Piece, unit: Unit) -> None:
        self._submit(piece, piece.created_at, low=0.3, high=8)
        if piece.fate is Fate.WITHDRAWN:
            self._step(piece, "withdraw", piece.authors[0], low=1, high=20)
            return
        if piece.fate in (Fate.ACCEPTED_AFTER_RETURN, Fate.AT_EDITOR_AGAIN):
            self._return(piece, unit, Stage.EDITOR if self.rng.random() < 0.7 else Stage.HEAD)
            piece.texts.append(self._improved(piece))
            self._submit(piece, piece.steps[-1].at, low=2, high=30)
        if piece.fate is Fate.RETURNED_BY_HEAD:
            self._return(piece, unit, Stage.HEAD)
        elif piece.fate is Fate.RETURNED_BY_EDITOR:
            self._return(piece, unit, Stage.EDITOR)
        elif piece.fate in WAITING_AT:
            self._pass_until(piece, unit, WAITING_AT[piece.fate])
        else:
            self._pass_until(piece, unit, Stage.EDITOR)
            self._decide(piece)

    def _submit(self, piece: Piece, after: datetime, *, low: float, high: float) -> None:
        at = self.clock.later(after, low=low, high=high)
        piece.steps.append(Step("submit", piece.authors[0], at, text=len(piece.texts) - 1))

    def _pass_until(self, piece: Piece, unit: Unit, stage: Stage) -> None:
        for earlier in route(piece, unit):
            if earlier == stage:
                return
            note = self.rng.choice(phrases()["reasons"]["pass"])
            self._step(piece, "pass", holder(unit, earlier), note=note, stage=earlier, low=0.5, high=20)

    def _return(self, piece: Piece, unit: Unit, stage: Stage) -> None:
        self._pass_until(piece, unit, stage)
        if stage == Stage.EDITOR or stage not in route(piece, unit):
            stage, by = Stage.EDITOR, self._editor(piece)
        else:
            by = holder(unit, stage)
        note = piece.complaint
        if stage != Stage.EDITOR:
            note = self.rng.choice(phrases()["reasons"][f"{stage.value}_return"])
        self._step(piece, "return", by, note=note, stage=stage, low=0.5, high=22)

    def _decide(self, piece: Piece) -> None:
        declined = piece.fate is Fate.DECLINED
        reasons = ("decline_science" if piece.is_science else "decline") if declined else "accept"
        note = self.rng.choice(phrases()["reasons"][reasons])
        action = "decline" if declined else "accept"
        self._step(piece, action, self._editor(piece), note=note, stage=Stage.EDITOR, low=0.5, high=26)

    def _editor(self, piece: Piece) -> str:
        """Somebody of the office who neither wrote it nor held an earlier stage of this text."""
        text = len(piece.texts) - 1
        busy = {*piece.authors, *(step.by for step in piece.steps if step.stage and step.text == text)}
        free = [person.staff_no for person in (*EDITORS, CHIEF) if person.staff_no not in busy]
        return self.rng.choice([*free[:1] * 5, *free])

    def _step(
        self, piece: Piece, action: str, by: str, *, low: float, high: float, note: str = "", stage: str = ""
    ) -> None:
        at = self.clock.later(piece.steps[-1].at, low=low, high=high)
        piece.steps.append(Step(action, by, at, note, str(stage), len(piece.texts) - 1))

    def _overdo(self, piece: Piece) -> None:
        """A first text with a sentence the office strikes out, and without the detail it asks for."""
        *rest, last = piece.story.paragraphs
        chosen = self.rng.choice(phrases()["overdone"])
        piece.texts, piece.complaint = [(*rest, last + chosen["text"])], chosen["reason"]

    def _improved(self, piece: Piece) -> tuple[str, ...]:
        first, *rest = piece.story.paragraphs
        added = self.rng.choice(phrases()["reasons"]["added"]).format(
            dept=piece.department, low=self.rng.randint(120, 400), share=self.rng.randint(95, 99)
        )
        return (first, *rest[:-1], rest[-1] + added)


def route(piece: Piece, unit: Unit) -> list[Stage]:
    """As `correspondents.selectors.route_of` has it: head, the supervising leader for popular science, the office."""
    stages = [Stage.HEAD] if unit.head.staff_no not in piece.authors else []
    return [*stages, *([Stage.SUPERVISOR] if piece.is_science else []), Stage.EDITOR]


def holder(unit: Unit, stage: Stage) -> str:
    return unit.head.staff_no if stage == Stage.HEAD else unit.supervisor
