"""The audit trail's chain: each event is bound to all before it, so that none can be changed, removed or slipped in.

`digest` is the SHA-256 of what an event says. The database itself adds one `AuditLink` per event, in the order of the
commits: number, and the SHA-256 of "<previous link's hash>:<event's number>:<event's digest>". On SQLite the insert's
own transaction is the only writer. On PostgreSQL the link is written by a deferred trigger, at the very end of the
commit and under an advisory lock: the lock is held for the commit alone, so it costs little and can't deadlock with
the row locks of the work that is being recorded.

What a chain can't show by itself is that its newest links were cut off, or that all of it was computed anew. For that
somebody else keeps its head: number and hash stand on the auditor's page, in each archive and in each backup.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.utils.translation import gettext as _

from toolkit import append_only

if TYPE_CHECKING:
    from toolkit.models import AuditEvent

GENESIS = "0" * 64
TRIGGER = "audit_chain"
LOCK = 7_204_891_113  # any number of our own for pg_advisory_xact_lock
CHUNK = 2000


# --- what is bound -------------------------------------------------------------------------------------------------


def digest_of(event: AuditEvent) -> str:
    """SHA-256 over the event's content, the same on every database."""
    content = [
        _utc(event.at),
        event.actor_id,
        event.actor_label,
        event.action,
        event.object_type,
        event.object_id,
        event.object_label,
        _settled(json.loads(json.dumps(event.changes, cls=DjangoJSONEncoder))),
        event.note,
        event.address,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def next_hash(previous: str, event_id: int, digest: str) -> str:
    return hashlib.sha256(f"{previous}:{event_id}:{digest}".encode()).hexdigest()


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _settled(value: Any) -> Any:
    """Numbers in one spelling: PostgreSQL's jsonb keeps 1e2 as 100."""
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize() + 0, "f")
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


# --- the trigger ---------------------------------------------------------------------------------------------------

# Django gives each of its SQLite connections a function SHA256; a foreign shell without it can't add events at all.
SQLITE = f"""
CREATE TRIGGER {TRIGGER} AFTER INSERT ON toolkit_auditevent BEGIN
    INSERT INTO toolkit_auditlink (number, event_id, hash) VALUES (
        COALESCE((SELECT number FROM toolkit_auditlink ORDER BY number DESC LIMIT 1), 0) + 1,
        NEW.id,
        SHA256(
            COALESCE((SELECT hash FROM toolkit_auditlink ORDER BY number DESC LIMIT 1), '{GENESIS}')
            || ':' || NEW.id || ':' || NEW.digest
        )
    );
END
"""  # noqa: S608  constants only
POSTGRES_FUNCTION = f"""
CREATE OR REPLACE FUNCTION toolkit_audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock({LOCK});
    SELECT number, hash INTO last FROM toolkit_auditlink ORDER BY number DESC LIMIT 1;
    INSERT INTO toolkit_auditlink (number, event_id, hash) VALUES (
        COALESCE(last.number, 0) + 1,
        NEW.id,
        encode(sha256(convert_to(
            COALESCE(last.hash, '{GENESIS}') || ':' || NEW.id || ':' || NEW.digest, 'UTF8')), 'hex')
    );
    RETURN NULL;
END $$
"""  # noqa: S608  constants only
POSTGRES = f"""
CREATE CONSTRAINT TRIGGER {TRIGGER} AFTER INSERT ON toolkit_auditevent DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION toolkit_audit_chain()
"""


def install(using: str = append_only.DEFAULT) -> None:
    """Put the trigger in place if it isn't; safe to run again."""
    connection = connections[using]
    if is_installed(using) or "toolkit_auditlink" not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
            cursor.execute(POSTGRES)
        else:
            cursor.execute(SQLITE)


def remove(using: str = append_only.DEFAULT) -> None:
    """For restoring a backup, which brings its own links."""
    connection = connections[using]
    with connection.cursor() as cursor:
        table = " ON toolkit_auditevent" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER IF EXISTS {TRIGGER}{table}")


def is_installed(using: str = append_only.DEFAULT) -> bool:
    return TRIGGER in append_only._triggers(connections[using])


def after_migrate(*, using: str = append_only.DEFAULT, **_signal: Any) -> None:
    """Receiver of post_migrate."""
    if connections[using].vendor in {"sqlite", "postgresql"}:
        install(using)


# --- the check -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """Where the chain stands: the number and hash of a link; number 0 before the first event."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"


@dataclass(frozen=True)
class Verdict:
    """`problem` is empty when all is well; otherwise it names the first row that differs, as a sentence."""

    checked: int
    head: Head
    problem: str = ""
    event_id: int | None = None


def head(using: str = append_only.DEFAULT) -> Head:
    from toolkit.models import AuditLink

    last = AuditLink.objects.using(using).order_by("-number").values_list("number", "hash").first()
    return Head(*last) if last else base(using)


def base(using: str = append_only.DEFAULT) -> Head:
    """What the oldest link in the database is bound to: the end of the newest archive, or the beginning."""
    from toolkit.models import AuditArchive

    kept = AuditArchive.objects.using(using).order_by("-last_number").first()
    return Head(kept.last_number, kept.last_hash) if kept else Head(0, GENESIS)


def verify(using: str = append_only.DEFAULT, *, expected: Head | None = None) -> Verdict:
    """Walk the whole chain. `expected` is a head somebody noted earlier and that must still be in it."""
    if connections[using].in_atomic_block:
        append_only.settle(using)  # so that this transaction's own events have their links
    start = base(using)
    number, previous, met = start.number, start.hash, expected is None or expected == start
    for link_number, link_hash, event_id, event in _rows(using):
        number += 1
        problem = _problem(number, previous, link_number, link_hash, event_id, event)
        if problem:
            return Verdict(number - start.number - 1, Head(number - 1, previous), problem, event_id)
        previous = link_hash
        met = met or expected == Head(number, previous)
    stray = _unlinked(using)
    found = Head(number, previous)
    if stray is not None:
        words = _("Event %(event)s stands in the trail without a link of the chain: it was slipped in.")
        return Verdict(number - start.number, found, words % {"event": _named(stray)}, stray.pk)
    if not met and expected is not None and expected.number >= start.number:
        return Verdict(number - start.number, found, _cut_off(expected, found))
    return Verdict(number - start.number, found)


def _rows(using: str) -> Iterator[tuple[int, str, int, AuditEvent | None]]:
    """Number, hash, event number and event of each link, in order, in blocks."""
    from toolkit.models import AuditEvent, AuditLink

    after = -1
    while True:
        links = list(
            AuditLink.objects.using(using)
            .filter(number__gt=after)
            .order_by("number")
            .values_list("number", "hash", "event_id")[:CHUNK]
        )
        if not links:
            return
        events = AuditEvent.objects.using(using).in_bulk([event_id for _number, _hash, event_id in links])
        for number, link_hash, event_id in links:
            yield number, link_hash, event_id, events.get(event_id)
        after = links[-1][0]


def _problem(
    number: int, previous: str, link_number: int, link_hash: str, event_id: int, event: AuditEvent | None
) -> str:
    if link_number != number:
        return _("Link %(number)s of the chain is gone: the next one is %(next)s.") % {
            "number": number, "next": link_number
        }  # fmt: skip
    if event is None:
        return _("Event %(event)s (link %(number)s) was deleted.") % {"event": event_id, "number": number}
    words = {"event": _named(event), "number": number}
    if digest_of(event) != event.digest:
        return _("Event %(event)s (link %(number)s) doesn't say any more what was written.") % words
    if next_hash(previous, event_id, event.digest) != link_hash:
        return _("Event %(event)s (link %(number)s) doesn't fit the one before it.") % words
    return ""


def _unlinked(using: str) -> AuditEvent | None:
    from toolkit.models import AuditEvent

    return AuditEvent.objects.using(using).filter(link=None).order_by("pk").first()


def _cut_off(expected: Head, found: Head) -> str:
    return _("The head noted earlier (%(expected)s) isn't in the chain, which now ends with %(found)s.") % {
        "expected": expected, "found": found
    }  # fmt: skip


def _named(event: AuditEvent) -> str:
    return f"{event.pk} ({event.at:%Y-%m-%d %H:%M} UTC, {event})"
