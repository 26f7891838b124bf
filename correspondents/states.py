"""States of a draft, its review stages, and what a reviewer may say."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class SubmissionState(TextChoices):
    DRAFT = "draft", _("Draft (state)")
    IN_REVIEW = "in_review", _("In review")
    RETURNED = "returned", _("Returned for changes")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


# What its authors may change, and what waits for them to do something.
EDITABLE = frozenset({SubmissionState.DRAFT, SubmissionState.RETURNED, SubmissionState.WITHDRAWN})
OPEN = frozenset({SubmissionState.DRAFT, SubmissionState.RETURNED})

# How each looks as a badge (a tone of the UI tags).
TONES = {
    SubmissionState.DRAFT: "muted",
    SubmissionState.IN_REVIEW: "info",
    SubmissionState.RETURNED: "warn",
    SubmissionState.ACCEPTED: "good",
    SubmissionState.DECLINED: "muted",
    SubmissionState.WITHDRAWN: "muted",
}


class Stage(TextChoices):
    """审次, in the order of the route. Empty when the draft isn't in review."""

    HEAD = "head", _("Department review")
    SUPERVISOR = "supervisor", _("Supervising leader")
    EDITOR = "editor", _("Publicity office")


class ReviewVerdict(TextChoices):
    PASS = "pass", _("Passed")
    RETURN = "return", _("Returned")
    DECLINE = "decline", _("Declined")


class Genre(TextChoices):
    NEWS = "news", _("News item")
    FEATURE = "feature", _("Feature")
    COMMENT = "comment", _("Commentary")
    SCIENCE = "science", _("Popular science")
    PICTURE = "picture", _("Picture story")
    VIDEO = "video", _("Video")
    INFO = "info", _("Information")
    BRIEF = "brief", _("Brief")
