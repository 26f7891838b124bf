"""States of a placement, and the channels a year's placements are shown by."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from plans.states import Level, Medium


class PlacementState(TextChoices):
    LOGGED = "logged", _("Logged, to be verified")
    VERIFIED = "verified", _("Verified")
    VOID = "void", _("Void")


class Channel(TextChoices):
    """各渠道: how the office looks at its outlets, from its own paper to the nation's."""

    HOUSE = "house", _("House paper and website")
    SOCIAL = "social", _("WeChat and Weibo")
    LOCAL = "local", _("City and county media")
    ABOVE = "above", _("Province and above")

    @classmethod
    def of(cls, *, level: str, medium: str) -> Channel:
        """An outside account at WeChat is an outside outlet: the level decides before the medium does."""
        if level in (Level.NATIONAL, Level.PROVINCE):
            return cls.ABOVE
        if level != Level.HOUSE:
            return cls.LOCAL
        return cls.SOCIAL if medium in (Medium.WECHAT, Medium.WEIBO, Medium.VIDEO) else cls.HOUSE


STATE_TONES = {PlacementState.LOGGED: "warn", PlacementState.VERIFIED: "good", PlacementState.VOID: "muted"}
