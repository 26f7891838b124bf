"""What people are told when a draft moves. Keys make each piece of news arrive once."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from correspondents.models import Submission
from correspondents.selectors import holders
from correspondents.states import SubmissionState
from hospital.models import User
from hospital.services import notify


def to_reviewers(submission: Submission) -> None:
    """Whoever holds the stage it now stands at."""
    values = {"title": submission.title, "department": submission.department}
    for person in holders(submission):
        notify(
            key=f"{_key(submission)}:{submission.stage}:{person.pk}",
            recipient=person,
            title=_("“%(title)s” (%(department)s) awaits your review") % values,
            url=reverse("drafts:review", args=[submission.pk]),
        )


def to_authors(submission: Submission, *, note: str = "") -> None:
    """What became of it: accepted, returned or declined."""
    titles = {
        SubmissionState.ACCEPTED: _("“%(title)s” has been accepted"),
        SubmissionState.RETURNED: _("“%(title)s” has been returned for changes"),
        SubmissionState.DECLINED: _("“%(title)s” was not accepted"),
    }
    title = titles[SubmissionState(submission.state)] % {"title": submission.title}
    for person in User.objects.active().filter(pk__in=submission.author_ids):
        notify(
            key=f"{_key(submission)}:{submission.state}:{person.pk}",
            recipient=person,
            title=title,
            body=note,
            url=submission.get_absolute_url(),
        )


def _key(submission: Submission) -> str:
    current = submission.current_revision()
    return f"submission:{submission.pk}:{current.number if current else 0}"
