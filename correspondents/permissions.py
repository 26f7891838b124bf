"""Who may do what with a draft, as sentences; used by view, template and service alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import rules

from correspondents.states import Stage, SubmissionState
from hospital.permissions import is_administrator, is_auditor, is_chief, is_office

if TYPE_CHECKING:
    from correspondents.models import Review, Submission
    from hospital.models import User


@rules.predicate
def is_signed_in(user: User) -> bool:
    return bool(user.is_authenticated and user.is_active)


@rules.predicate
def is_author(user: User, submission: Submission) -> bool:
    """The creator and every co-author."""
    return user.pk in submission.author_ids


@rules.predicate
def is_editable(user: User, submission: Submission) -> bool:
    return submission.is_editable


@rules.predicate
def is_in_review(user: User, submission: Submission) -> bool:
    return submission.state == SubmissionState.IN_REVIEW


@rules.predicate
def holds_the_stage(user: User, submission: Submission) -> bool:
    """The draft stands at a stage this person answers for."""
    if submission.stage == Stage.HEAD:
        return submission.department.head_id == user.pk
    if submission.stage == Stage.SUPERVISOR:
        return submission.department.supervisor_id == user.pk
    return submission.stage == Stage.EDITOR and bool(is_office.test(user))


@rules.predicate
def has_reviewed_this_text(user: User, submission: Submission) -> bool:
    """They already held a stage of the text as it stands now (三审三校)."""
    return any(review.by_id == user.pk for review in verdicts_on_current(submission))


@rules.predicate
def stage_is_vacant(user: User, submission: Submission) -> bool:
    """Nobody can decide at the stage it waits at: the post is empty, or its holder left or wrote the piece."""
    department = submission.department
    if submission.stage == Stage.HEAD:
        holder = department.head
    elif submission.stage == Stage.SUPERVISOR:
        holder = department.supervisor
    else:
        return False
    return holder is None or not holder.is_active or holder.pk in submission.author_ids


can_write = is_signed_in & ~is_auditor
can_edit = is_signed_in & is_author & is_editable
can_submit = can_edit
can_withdraw = is_signed_in & is_author
can_review = is_signed_in & is_in_review & holds_the_stage & ~is_author & ~has_reviewed_this_text
can_forward = is_office & is_in_review & stage_is_vacant & ~is_author


def verdicts_on_current(submission: Submission) -> list[Review]:
    """The reviews of the text submitted last, oldest first; free of queries when both are prefetched."""
    current = submission.current_revision()
    if current is None:
        return []
    return [review for review in submission.reviews.all() if review.revision_id == current.pk]


# 通讯员名单: kept in the admin by administrators and the publicity chief.
for _verb in ("view", "add", "change", "delete"):
    rules.add_perm(f"correspondents.{_verb}_appointment", is_administrator | is_chief)
rules.add_perm("correspondents", is_administrator | is_chief)
