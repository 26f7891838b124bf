"""The audit trail's codes in the words of the interface."""

from __future__ import annotations

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from toolkit.models import AuditEvent

ACTIONS = {
    "sign_in": _("Signed in"),
    "sign_out": _("Signed out"),
    "sign_in_failed": _("Failed sign-in"),
    "create": _("Created"),
    "change": _("Changed"),
    "delete": _("Deleted"),
    "import": _("Imported"),
    "export": _("Exported"),
    "download": _("Downloaded"),
    "submit": _("Submitted"),
    "pass": _("Passed"),
    "accept": _("Accepted"),
    "return": _("Returned"),
    "decline": _("Declined"),
    "withdraw": _("Withdrew"),
    "approve": _("Approved"),
    "amend": _("Amended"),
    "archive": _("Archived"),
    "verify": _("Verified"),
    "add_evidence": _("Added a proof"),
    "void": _("Declared void"),
    "log": _("Logged"),
    "seal": _("Sealed"),
    "settle": _("Settled"),
    "remind": _("Reminded"),
    "change_password": _("Changed own password"),
    "set_password": _("Gave a one-time password"),
    "end_sessions": _("Signed out browsers"),
    "second_factor_on": _("Set up the authenticator"),
    "second_factor_off": _("Removed the authenticator"),
    "second_factor": _("Passed the second step"),
    "second_factor_failed": _("Failed the second step"),
    "recovery_code": _("Used a recovery code"),
    "recovery_codes": _("Made recovery codes"),
    "read_bank_card": _("Read a bank card"),
    "read_phone": _("Read a phone number"),
    "lift_lockout": _("Lifted a lockout"),
    "rotate_field_key": _("Changed the field key"),
}


def dress(event: AuditEvent) -> AuditEvent:
    """Put the words a person reads beside the codes: ``action_words`` and ``object_words``."""
    event.action_words = ACTIONS.get(event.action, event.action)  # type: ignore[attr-defined]  # for the template
    event.object_words = kind_words(event.object_type)  # type: ignore[attr-defined]  # for the template
    return event


def kind_words(object_type: str) -> str:
    """``correspondents.submission`` → the model's name in the interface; unknown kinds stay as they are."""
    try:
        return str(apps.get_model(object_type)._meta.verbose_name) if object_type else ""
    except (LookupError, ValueError):
        return object_type
