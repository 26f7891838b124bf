"""The audit trail as a spreadsheet: the rows of the page, one for one."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from publicity.audit_words import dress
from toolkit.models import AuditEvent
from toolkit.sheets.writer import Workbook, text

MOST_EVENTS = 100_000


def audit_workbook(rows: QuerySet[AuditEvent]) -> bytes:
    """The .xlsx of these events in their order, at most MOST_EVENTS of them."""
    book = Workbook(title=_("Audit trail"), large=True)
    columns = [
        _("No."),
        _("When"),
        _("Who"),
        _("Action"),
        _("Object"),
        _("Name"),
        _("Changes"),
        _("Note"),
        _("Address"),
        "SHA-256",
    ]
    sheet = book.sheet(_("Audit trail"), columns=columns, freeze_columns=2)
    for event in rows[:MOST_EVENTS].iterator(chunk_size=1000):
        sheet.row(_cells(event))
    return book.content()


def _cells(event: AuditEvent) -> list[object]:
    dress(event)
    return [
        event.pk,
        text(timezone.localtime(event.at).strftime("%Y-%m-%d %H:%M:%S")),
        event.actor_label or _("The system"),
        str(event.action_words),  # type: ignore[attr-defined]  # put there by dress()
        event.object_words,  # type: ignore[attr-defined]  # as above
        text(event.object_label),
        "；".join(event.change_words),  # type: ignore[attr-defined]  # as above
        text(event.note),
        text(event.address),
        text(event.digest),
    ]
