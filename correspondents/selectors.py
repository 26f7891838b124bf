"""Reads: the route of a draft, where it stands, the review queue, departments a person writes for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from correspondents.models import Appointment, Review, Submission, SubmissionQuerySet
from correspondents.permissions import verdicts_on_current
from correspondents.states import ReviewVerdict, Stage, SubmissionState
from hospital.models import Department, User
from hospital.selectors import office_people
from plans.models import QuotaItem


def review_queue(user: User) -> SubmissionQuerySet:
    """What awaits this person, the longest waiting first."""
    queue: SubmissionQuerySet = Submission.objects.awaiting(user).order_by("submitted_at", "pk")
    return queue


def my_departments(user: User, *, on: date | None = None) -> QuerySet[Department]:
    """Whom this person writes for on that day: their appointments, or else their own department."""
    day = on or timezone.localdate()
    appointed = Appointment.objects.on(day).filter(person=user).values("department")
    departments = Department.objects.active().filter(pk__in=appointed)
    if departments.exists():
        return departments
    return Department.objects.active().filter(people=user)


def parts_for(departments: Iterable[int], *, year: int) -> QuerySet[QuotaItem]:
    """Sub-quotas (其中) of this year's plan a draft of these departments may count towards."""
    parts: QuerySet[QuotaItem] = (
        QuotaItem.objects.in_force()
        .of_year(year)
        .filter(parent__isnull=False, department__in=departments, category__for_drafts=True)
    )
    return parts.select_related("category", "department")


# --- the route ------------------------------------------------------------------------------------------------


def route_of(submission: Submission) -> list[Stage]:
    """The stages this piece goes through, in order.

    Left out: a stage whose holder is missing or gone, wrote the piece, or already holds an earlier stage. The
    publicity office always decides last. Needs `category`, `department` with head and supervisor, authorships.
    """
    authors = submission.author_ids
    department = submission.department
    route, holders = [], set(authors)
    posts = [(Stage.HEAD, department.head)]
    if submission.category is not None and submission.category.needs_supervisor:
        posts.append((Stage.SUPERVISOR, department.supervisor))
    for stage, holder in posts:
        if holder is not None and holder.is_active and holder.pk not in holders:
            route.append(stage)
            holders.add(holder.pk)
    return [*route, Stage.EDITOR]


def submission_route(submission: Submission) -> list[Stage]:
    """`route_of` for a text about to be submitted.

    The head steps aside where they are the only one who could decide for the office.
    """
    route = route_of(submission)
    others = [person for person in impartial_office(submission) if person.pk != submission.department.head_id]
    if Stage.HEAD in route and not others:
        route.remove(Stage.HEAD)
    return route


def impartial_office(submission: Submission) -> list[User]:
    """Editors and chiefs who didn't write it."""
    return [person for person in office_people() if person.pk not in submission.author_ids]


def office_reviewers(submission: Submission) -> list[User]:
    """Those of them who didn't hold an earlier stage of the text as it stands."""
    seen = {review.by_id for review in verdicts_on_current(submission)}
    return [person for person in impartial_office(submission) if person.pk not in seen]


def holders(submission: Submission) -> list[User]:
    """Who can decide at the stage it stands at."""
    department = submission.department
    posts = {Stage.HEAD: department.head, Stage.SUPERVISOR: department.supervisor}
    if submission.stage in posts:
        holder = posts[Stage(submission.stage)]
        return [holder] if holder is not None else []
    return office_reviewers(submission) if submission.stage == Stage.EDITOR else []


def next_stage(submission: Submission) -> Stage | None:
    """The stage after the one it stands at, or None when passing it accepts the piece.

    A stage whose holder already passed this very text is left out: nobody holds two stages of one text.
    """
    seen = {review.by_id for review in verdicts_on_current(submission)}
    order = list(Stage)
    here = order.index(Stage(submission.stage))
    for stage in route_of(submission):
        held_before = stage == Stage.SUPERVISOR and submission.department.supervisor_id in seen
        if order.index(stage) > here and not held_before:
            return stage
    return None


# --- where it stands --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StageStop:
    """One line of the panel: `state` is done, now, todo, back or skipped."""

    label: str
    state: str
    who: str = ""
    at: datetime | None = None
    note: str = ""


def standing(submission: Submission) -> list[StageStop]:
    """How the current text fares stage by stage; no queries when fetched `with_standing`."""
    verdicts = {review.stage: review for review in verdicts_on_current(submission)}
    planned = route_of(submission)
    stops = []
    for stage in Stage:
        review = verdicts.get(stage)
        if review is not None and submission.state != SubmissionState.DRAFT:
            stops.append(_judged(stage, review))
        elif submission.stage == stage:
            stops.append(StageStop(str(stage.label), "now", _waiting_for(submission, stage)))
        elif stage in planned and (submission.state == SubmissionState.IN_REVIEW or submission.is_editable):
            stops.append(StageStop(str(stage.label), "todo", _waiting_for(submission, stage)))
    return stops


def _judged(stage: Stage, review: Review) -> StageStop:
    passed = review.verdict == ReviewVerdict.PASS
    note = (
        review.opinion
        if passed
        else _("%(verdict)s: %(opinion)s")
        % {
            "verdict": review.get_verdict_display(),
            "opinion": review.opinion,
        }
    )
    return StageStop(str(stage.label), "done" if passed else "back", str(review.by), review.at, note)


def _waiting_for(submission: Submission, stage: Stage) -> str:
    department = submission.department
    posts: dict[Stage, Any] = {Stage.HEAD: department.head, Stage.SUPERVISOR: department.supervisor}
    return str(posts.get(stage) or "")


def standing_line(submission: Submission) -> str:
    """The same in one line, for lists: 科室审核 ✓ → 分管领导."""
    if submission.state != SubmissionState.IN_REVIEW:
        return ""
    shown = [stop for stop in standing(submission) if stop.state in ("done", "now")]
    return " → ".join(f"{stop.label} ✓" if stop.state == "done" else stop.label for stop in shown)


def last_word(submission: Submission) -> Review | None:
    """The review that returned or declined it, while that still stands."""
    if submission.state not in (SubmissionState.RETURNED, SubmissionState.DECLINED):
        return None
    against = [r for r in verdicts_on_current(submission) if r.verdict != ReviewVerdict.PASS]
    return against[-1] if against else None
