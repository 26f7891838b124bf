"""What goes beside the rows: the audit trail in the order of its times, and notices already delivered.

Services write their events and notices as of now; `Trail.at` puts what they wrote inside the block at its moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models

from hospital.models import Notification, User
from toolkit.audit import plain
from toolkit.models import AuditEvent, OutboxMessage, OutboxState

READ_AFTER = timedelta(hours=20)
UNREAD_DAYS = timedelta(days=4)


def created_at_its_time(model: type[Any], rows: list[tuple[Any, dict[str, datetime]]]) -> list[Any]:
    """bulk_create, then the times that auto_now fields would otherwise put at this moment."""
    made = model._default_manager.bulk_create([row for row, _times in rows], batch_size=200)
    for row, times in rows:
        for name, moment in times.items():
            setattr(row, name, moment)
    names = sorted({name for _row, times in rows for name in times})
    if names:
        model._default_manager.bulk_update(made, names, batch_size=100)
    return list(made)


@dataclass
class Trail:
    """`held` is what services record while the trail is told: see `toolkit.audit.held_back`."""

    now: datetime
    held: list[AuditEvent]
    events: list[AuditEvent] = field(default_factory=list)
    notices: list[tuple[Notification, datetime]] = field(default_factory=list)

    def record(
        self,
        at: datetime,
        actor: User | None,
        action: str,
        obj: models.Model,
        *,
        note: str = "",
        changes: dict[str, list[Any]] | None = None,
    ) -> None:
        self.events.append(
            AuditEvent(
                at=at,
                actor=actor,
                actor_label=str(actor) if actor else "",
                action=action,
                object_type=obj._meta.label_lower,
                object_id=str(obj.pk),
                object_label=str(obj)[:200],
                note=note,
                changes={name: plain(value) for name, value in (changes or {}).items()},
            )
        )

    def notice(
        self, at: datetime, *, key: str, recipient: User, title: str, body: str = "", url: str = ""
    ) -> None:
        row = Notification(
            key=f"notice:{key}"[:120], recipient=recipient, title=title[:200], body=body, url=url
        )
        self.notices.append((row, at))

    @contextmanager
    def at(self, moment: datetime) -> Iterator[None]:
        """Events and notices that services write inside happened at this moment."""
        yield
        for event in self.held:
            event.at = moment
        self.events += self.held
        self.held.clear()
        for message in OutboxMessage.objects.pending().select_related("recipient").order_by("pk"):
            self._deliver(message, moment)

    def _deliver(self, message: OutboxMessage, moment: datetime) -> None:
        """Notices become rows of the inbox; the invented people's e-mails are put down as sent, and aren't sent."""
        if message.kind == "notice" and message.recipient is not None:
            row = Notification(key=message.key[:120], recipient=message.recipient, **message.payload)
            self.notices.append((row, moment))
        OutboxMessage.objects.filter(pk=message.pk).update(
            state=OutboxState.SENT, created_at=moment, sent_at=moment, next_try_at=moment, tries=1
        )

    def write(self) -> None:
        """Put everything down, oldest first, so that numbers follow times."""
        AuditEvent.objects.bulk_create(sorted(self.events, key=lambda event: event.at), batch_size=300)
        ordered = sorted(self.notices, key=lambda pair: pair[1])
        created_at_its_time(
            Notification, [(row, {"created_at": at, **self._read(at)}) for row, at in ordered]
        )

    def _read(self, at: datetime) -> dict[str, datetime]:
        """People have read what is some days old."""
        return {"read_at": at + READ_AFTER} if at + UNREAD_DAYS < self.now else {}
