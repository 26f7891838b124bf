"""The audit trail's codes in the words of the interface."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
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
    "plan_create": _("Began a plan"),
    "plan_save": _("Saved a plan"),
    "plan_amend": _("Began an amendment"),
    "quota_upload": _("Uploaded a quota table"),
    "take_in": _("Took in a quota table"),
    "quota_replace": _("Replaced the quotas"),
    "drop": _("Discarded"),
    "delivery_record": _("Counted a piece"),
    "delivery_reverse": _("Took a counted piece back"),
    "department_create": _("Created a department from a table"),
    "category_create": _("Created a category from a table"),
    "submission_create": _("Began a draft"),
    "forward": _("Sent on past a vacant stage"),
    "coauthor_add": _("Added an author"),
    "coauthor_remove": _("Removed an author"),
    "picture_add": _("Added a picture"),
    "picture_remove": _("Removed a picture"),
    "appointment_add": _("Appointed a correspondent"),
    "appointment_change": _("Changed an appointment"),
    "appointment_delete": _("Deleted an appointment"),
    "archive": _("Archived"),
    "verify": _("Verified"),
    "add_evidence": _("Added a proof"),
    "void": _("Declared void"),
    "log": _("Logged"),
    "seal": _("Sealed"),
    "settle": _("Settled"),
    "settle_shortfalls": _("Deducted shortfalls"),
    "issue": _("Issued a reward scheme"),
    "quota_reminder": _("Reminded"),
    "denied": _("Was refused at a door"),
    "not_found": _("Asked for what isn't there or isn't theirs"),
    "locked_out": _("Was locked out"),
    "csp_report": _("A browser stopped something on a page"),
    "upload_refused": _("Sent something that was refused"),
    "backup": _("Backed up"),
    "restore": _("Restored a backup"),
    "audit_archive": _("Archived the audit trail"),
    "audit_verify": _("Checked the audit trail"),
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
    """Put the words a person reads beside the codes: ``action_words``, ``object_words`` and ``change_words``."""
    event.action_words = ACTIONS.get(event.action, event.action)  # type: ignore[attr-defined]  # for the template
    event.change_words = changes_in_words(event)  # type: ignore[attr-defined]  # for the template
    event.object_words = kind_words(event.object_type)  # type: ignore[attr-defined]  # for the template
    return event


def kind_words(object_type: str) -> str:
    """``correspondents.submission`` → the model's name in the interface; unknown kinds stay as they are."""
    model = _model(object_type)
    return str(model._meta.verbose_name) if model else object_type


def choices() -> list[tuple[str, Any]]:
    """For the search form, in the order people would look for them: by their words."""
    return sorted(ACTIONS.items(), key=lambda pair: str(pair[1]))


def changes_in_words(event: AuditEvent) -> list[str]:
    """“state: draft → submitted”, a line per changed field, with the field's name as forms call it."""
    model = _model(event.object_type)
    return [
        f"{_field_words(model, name)}：{_change(value, _choices(model, name))}"
        for name, value in event.changes.items()
    ]


def _change(value: Any, words: dict[str, Any]) -> str:
    if isinstance(value, list) and len(value) == 2:
        before, after = (words.get(str(item), item) for item in value)
        return f"{_plain(before)} → {_plain(after)}"
    return _plain(value)


def _choices(model: Any, name: str) -> dict[str, Any]:
    """Code → words of a field with choices, such as a state."""
    field = _field(model, name)
    return {str(code): words for code, words in getattr(field, "flatchoices", None) or ()}


def _plain(value: Any) -> str:
    if value in (None, "", []):
        return "—"
    if isinstance(value, dict) and "label" in value:
        return str(value["label"])
    if isinstance(value, list):
        return "、".join(_plain(item) for item in value)
    return str(value)


def _model(object_type: str) -> Any:
    try:
        return apps.get_model(object_type) if object_type else None
    except (LookupError, ValueError):
        return None


def _field(model: Any, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _field_words(model: Any, name: str) -> str:
    return str(getattr(_field(model, name), "verbose_name", name))
