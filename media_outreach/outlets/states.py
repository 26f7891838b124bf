"""States of a placement."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class PlacementState(TextChoices):
    LOGGED = "logged", _("Logged, to be verified")
    VERIFIED = "verified", _("Verified")
    VOID = "void", _("Void")
