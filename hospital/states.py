"""Fixed choices of the hospital layer."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    """What a person may come to do; whom a head or leader answers for is on Department."""

    CORRESPONDENT = "correspondent", _("Correspondent")
    HEAD = "head", _("Department head")
    LEADER = "leader", _("Leader")
    EDITOR = "editor", _("Editor")
    CHIEF = "chief", _("Publicity chief")
    FINANCE = "finance", _("Finance")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    SECURITY = "security", _("Security administrator")


class DepartmentKind(TextChoices):
    FUNCTIONAL = "functional", _("Functional")
    CLINICAL = "clinical", _("Clinical")
    TECHNICAL = "technical", _("Medical technology")
    NURSING = "nursing", _("Nursing")
    PARTY = "party", _("Party and mass organisations")
    LOGISTICS = "logistics", _("Logistics")
