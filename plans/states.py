"""Fixed choices of the plans layer and the moves a plan may make."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _

from plans import permissions
from toolkit.moves import Move, MoveTable


class PlanState(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Awaiting approval")
    RETURNED = "returned", _("Returned")
    APPROVED = "approved", _("In force")
    ARCHIVED = "archived", _("Archived")


class Verdict(TextChoices):
    APPROVE = "approve", _("Approved")
    RETURN = "return", _("Returned")


class Period(TextChoices):
    """How often a target starts anew; ``per_year`` in models turns it into a yearly figure."""

    YEAR = "year", _("Year")
    MONTH = "month", _("Month")


class Counts(TextChoices):
    """What makes a delivery of a category."""

    ACCEPTED = "accepted", _("A draft is accepted")
    PLACED = "placed", _("A placement is verified")
    LOGGED = "logged", _("The office logs it")


class SourceKind(TextChoices):
    SUBMISSION = "submission", _("Accepted draft")
    PLACEMENT = "placement", _("Placement")
    MANUAL = "manual", _("Logged by the office")


class ImportState(TextChoices):
    OPEN = "open", _("To be checked")
    DONE = "done", _("Taken in")
    DROPPED = "dropped", _("Dropped")


class Level(TextChoices):
    """级别: how far an outlet reaches. Lives here because categories and outlets both speak of it."""

    NATIONAL = "national", _("National")
    PROVINCE = "province", _("Province")
    PREFECTURE = "prefecture", _("City or prefecture")
    BUREAU = "bureau", _("Prefecture bureau")
    COUNTY = "county", _("County")
    HOUSE = "house", _("In-house")


class Medium(TextChoices):
    """形式: the kind of an outlet."""

    NEWSPAPER = "newspaper", _("Newspaper")
    TELEVISION = "television", _("Television")
    WEBSITE = "website", _("Website")
    WECHAT = "wechat", _("WeChat account")
    WEIBO = "weibo", _("Weibo")
    VIDEO = "video", _("Short video")
    BRIEFING = "briefing", _("Briefing")
    MAGAZINE = "magazine", _("Magazine")


class Pace(IntegerChoices):
    """How a target stands today, worst first."""

    SILENT = 0, _("Nothing yet")
    BEHIND = 1, _("Behind")
    ON_TRACK = 2, _("On track")
    MET = 3, _("Met")


OPEN_STATES = (PlanState.DRAFT, PlanState.RETURNED)
"""States in which the office may still change a plan and its quotas."""

PLAN_MOVES = MoveTable(
    [
        Move(
            "submit",
            _("Submit for approval"),
            sources=OPEN_STATES,
            target=PlanState.SUBMITTED,
            permission=permissions.can_submit_plan,
        ),
        Move(
            "approve",
            _("Approve"),
            sources=[PlanState.SUBMITTED],
            target=PlanState.APPROVED,
            permission=permissions.can_decide_plan,
        ),
        Move(
            "return",
            _("Return for changes"),
            sources=[PlanState.SUBMITTED],
            target=PlanState.RETURNED,
            permission=permissions.can_decide_plan,
            note_required=True,
        ),
        # Happens by itself when the amendment of a plan in force is approved.
        Move(
            "archive",
            _("Archive"),
            sources=[PlanState.APPROVED],
            target=PlanState.ARCHIVED,
            permission=permissions.is_leader,
        ),
    ]
)

IMPORT_MOVES = MoveTable(
    [
        Move(
            "take_in",
            _("Take in"),
            sources=[ImportState.OPEN],
            target=ImportState.DONE,
            permission=permissions.can_write_plans,
        ),
        Move(
            "drop",
            _("Drop"),
            sources=[ImportState.OPEN],
            target=ImportState.DROPPED,
            permission=permissions.can_write_plans,
        ),
    ]
)
