"""Fixed choices of the plans layer and the moves a plan may make."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


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
    SUBMISSION = "submission", _("Draft")
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
