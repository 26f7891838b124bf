"""Fixed choices of the rewards layer."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class VersionState(TextChoices):
    DRAFT = "draft", _("Draft (scheme)")
    IN_FORCE = "in_force", _("Issued")


class SamePiece(TextChoices):
    """One piece in several outlets."""

    HIGHEST = "highest", _("Only the highest counts")
    CUMULATIVE = "cumulative", _("Each counts")


class EntryKind(TextChoices):
    REWARD = "reward", _("Reward")
    DEDUCTION = "deduction", _("Deduction")
    REVERSAL = "reversal", _("Reversal")


class Reason(TextChoices):
    """Why an entry has the amount it has."""

    RULE = "rule", _("By rule")
    NO_RULE = "no_rule", _("No rule applies")
    PAID_PAGE = "paid_page", _("Paid or co-operation page")
    EXEMPT = "exempt", _("Within own quota, no reward")
    SUPERSEDED = "superseded", _("Same piece, only the highest counts")
    SHORTFALL = "shortfall", _("Target not met")
    VOIDED = "voided", _("No longer valid")
    CORRECTED = "corrected", _("Computed anew")


class PayoutState(TextChoices):
    DRAFT = "draft", _("Gathering")
    SEALED = "sealed", _("Sealed")
