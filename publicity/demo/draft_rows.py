"""Rows of the drafts: texts, authors, reviews, pictures, what counts, and the news of the last weeks."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.urls import reverse
from django.utils.translation import gettext as _

from correspondents.models import Authorship, Picture, Review, Revision, Submission
from correspondents.states import ReviewVerdict, SubmissionState
from hospital.models import User
from plans.models import Category, Delivery, Plan, QuotaItem
from plans.states import SourceKind
from publicity.demo import pictures
from publicity.demo.histories import LOCAL, Piece, Step
from publicity.demo.people import CHIEF, EDITORS
from publicity.demo.people_rows import Staff
from publicity.demo.stories import phrases
from publicity.demo.trail import Trail, created_at_its_time
from toolkit.months import ym_of
from toolkit.richtext import from_text

VERDICTS = {"pass": ReviewVerdict.PASS, "accept": ReviewVerdict.PASS, "return": ReviewVerdict.RETURN}
NEWS_OF = timedelta(days=45)
PICTURED = 0.42
DRAWN = 48


@dataclass
class Drafts:
    """Makes the rows of all pieces; `made` pairs each piece with its row."""

    rng: random.Random
    staff: Staff
    trail: Trail
    plans: dict[int, Plan]
    now: datetime

    def make(self, pieces: list[Piece]) -> list[tuple[Piece, Submission]]:
        self.categories = {category.code: category for category in Category.objects.all()}
        self.parts = {
            (part.plan_id, part.department_id, part.label): part
            for part in QuotaItem.objects.filter(parent__isnull=False)
        }
        rows = created_at_its_time(Submission, [self._submission(piece) for piece in pieces])
        made = list(zip(pieces, rows, strict=True))
        Authorship.objects.bulk_create(
            Authorship(submission=row, person=self.staff.people[number], order=order)
            for piece, row in made
            for order, number in enumerate(piece.authors, 1)
        )
        self._texts_and_reviews(made)
        self._count(made)
        self._picture(made)
        for piece, row in made:
            self._tell(piece, row)
        return made

    def _submission(self, piece: Piece) -> tuple[Submission, dict[str, datetime]]:
        submitted = piece.last("submit")
        row = Submission(
            title=piece.story.title,
            category=self.categories["science" if piece.is_science else "info"],
            part=self._part(piece),
            genre=piece.story.genre,
            event_on=piece.story.event_on,
            body=_html(piece.texts[-1]),
            department=self.staff.departments[piece.department],
            created_by=self.staff.people[piece.authors[0]],
            state=piece.state,
            stage=piece.stage,
            version=1 + 2 * sum(step.action == "submit" for step in piece.steps),
            submitted_at=submitted.at if submitted else None,
            decided_at=piece.decided_at,
        )
        return row, {"created_at": piece.created_at, "updated_at": piece.updated_at}

    def _part(self, piece: Piece) -> QuotaItem | None:
        """The sub-quota (其中) its topic counts towards, in the plan of the year it was begun in."""
        plan, department = self.plans[piece.created_at.year], self.staff.departments[piece.department]
        return self.parts.get((plan.pk, department.pk, piece.story.part)) if piece.story.part else None

    def _texts_and_reviews(self, made: list[tuple[Piece, Submission]]) -> None:
        revisions, reviews = [], []
        for piece, row in made:
            for step in piece.steps:
                if step.action == "submit":
                    text = self._revision(piece, row, step)
                    revisions.append(text)
                elif step.stage:
                    reviews.append(self._review(row, text, step))
        Revision.objects.bulk_create(revisions, batch_size=200)
        Review.objects.bulk_create(reviews, batch_size=200)

    def _revision(self, piece: Piece, row: Submission, step: Step) -> Revision:
        body = _html(piece.texts[step.text])
        return Revision(
            submission=row,
            number=step.text + 1,
            title=row.title,
            body=body,
            sha256=Revision.digest(row.title, body),
            by=self.staff.people[step.by],
            at=step.at,
        )

    def _review(self, row: Submission, text: Revision, step: Step) -> Review:
        return Review(
            submission=row,
            revision=text,
            stage=step.stage,
            verdict=VERDICTS.get(step.action, ReviewVerdict.DECLINE),
            opinion=step.note,
            by=self.staff.people[step.by],
            at=step.at,
            sha256=text.sha256,
        )

    def _count(self, made: list[tuple[Piece, Submission]]) -> None:
        """One delivery for each accepted piece, on the day it was accepted."""
        rows = []
        for piece, row in made:
            accepted = piece.last("accept")
            if accepted is None:
                continue
            day = accepted.at.astimezone(LOCAL).date()
            delivery = Delivery(
                ym=ym_of(day),
                happened_on=day,
                department=row.department,
                person=row.created_by,
                category=row.category,
                part=row.part if day.year == piece.created_at.year else None,
                title=row.title,
                source_kind=SourceKind.SUBMISSION,
                source_id=row.pk,
                recorded_by=self.staff.people[accepted.by],
            )
            rows.append((delivery, {"recorded_at": accepted.at}))
        for delivery in created_at_its_time(Delivery, rows):
            self.trail.record(
                delivery.recorded_at,
                delivery.recorded_by,
                "delivery_record",
                delivery,
                note=delivery.category.name,
            )

    def _picture(self, made: list[tuple[Piece, Submission]]) -> None:
        # Drawn once and used several times: drawing takes longer than everything else here.
        drawer = [pictures.landscape(self.rng) for _picture in range(DRAWN)]
        rows = []
        for piece, row in made:
            if self.rng.random() > PICTURED and row.state == SubmissionState.ACCEPTED:
                continue
            for order in range(1, self.rng.choice((1, 1, 1, 2)) + 1):
                drawn = self.rng.choice(drawer)
                picture = Picture(
                    submission=row,
                    caption=self.rng.choice(phrases()["captions"][piece.story.mood]),
                    order=order,
                    width=drawn.width,
                    height=drawn.height,
                    sha256=drawn.sha256,
                    uploaded_by=row.created_by,
                )
                picture.image.save("picture.jpg", ContentFile(drawn.content), save=False)
                rows.append((picture, {"uploaded_at": piece.created_at}))
        created_at_its_time(Picture, rows)

    # --- what people heard and what the trail says ---

    def _tell(self, piece: Piece, row: Submission) -> None:
        self.trail.record(piece.created_at, row.created_by, "submission_create", row)
        state: str = SubmissionState.DRAFT
        for index, step in enumerate(piece.steps):
            after = self._state_after(step)
            person = self.staff.people[step.by]
            self.trail.record(
                step.at, person, step.action, row, note=step.note, changes={"state": [state, after]}
            )
            state = after
            if self.now - step.at < NEWS_OF:
                self._tell_people(piece, row, step, piece.steps[index + 1 : index + 2])

    @staticmethod
    def _state_after(step: Step) -> str:
        states: dict[str, str] = {
            "accept": SubmissionState.ACCEPTED,
            "return": SubmissionState.RETURNED,
            "decline": SubmissionState.DECLINED,
            "withdraw": SubmissionState.WITHDRAWN,
        }
        return states.get(step.action, SubmissionState.IN_REVIEW)

    def _tell_people(self, piece: Piece, row: Submission, step: Step, following: list[Step]) -> None:
        """The same notices as `correspondents.notices` sends, under the same keys."""
        key = f"submission:{row.pk}:{step.text + 1}"
        if step.action in ("submit", "pass"):
            stage = following[0].stage if following else row.stage
            title = _("“%(title)s” (%(department)s) awaits your review")
            values = {"title": row.title, "department": row.department}
            for person in self._holders(row, stage, piece):
                self._notice(
                    step,
                    f"{key}:{stage}",
                    person,
                    title % values,
                    url=reverse("drafts:review", args=[row.pk]),
                )
            return
        titles = {
            "accept": _("“%(title)s” has been accepted"),
            "return": _("“%(title)s” has been returned for changes"),
            "decline": _("“%(title)s” was not accepted"),
        }
        for number in piece.authors if step.action in titles else ():
            title = titles[step.action] % {"title": row.title}
            key_of_state = f"{key}:{self._state_after(step)}"
            self._notice(
                step,
                key_of_state,
                self.staff.people[number],
                title,
                body=step.note,
                url=row.get_absolute_url(),
            )

    def _notice(self, step: Step, key: str, person: User, title: str, **rest: Any) -> None:
        self.trail.notice(step.at, key=f"{key}:{person.pk}", recipient=person, title=title, **rest)

    def _holders(self, row: Submission, stage: str, piece: Piece) -> list[User]:
        if stage == "head":
            return [self.staff.people[row.department.head.staff_no]] if row.department.head else []
        if stage == "supervisor":
            return (
                [self.staff.people[row.department.supervisor.staff_no]] if row.department.supervisor else []
            )
        office = (*EDITORS, CHIEF) if stage else ()
        return [
            self.staff.people[person.staff_no] for person in office if person.staff_no not in piece.authors
        ]


def _html(paragraphs: tuple[str, ...]) -> str:
    return from_text("\n\n".join(paragraphs))
