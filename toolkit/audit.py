"""The audit trail: one append-only row per thing that happened."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, models
from django.http import HttpRequest, HttpResponse

from toolkit.models import AppendOnlyQuerySet, AuditEvent

logger = logging.getLogger(__name__)

LONGEST_VALUE = 200
DENIED, NOT_FOUND, DOWNLOAD = "denied", "not_found", "download"
TAKEN_AWAY = {DOWNLOAD, "export"}
QUIET_SECONDS = 60


@dataclass
class Witness:
    """What one request has put on record, and what must be on record by its end."""

    events: list[AuditEvent] = field(default_factory=list)
    expected: list[AuditEvent] = field(default_factory=list)


_address: ContextVar[str] = ContextVar("audit_address", default="")
_held: ContextVar[list[AuditEvent] | None] = ContextVar("audit_held", default=None)
_witness: ContextVar[Witness | None] = ContextVar("audit_witness", default=None)


class AuditMiddleware:
    """Remembers the client's address for the events of this request, and writes down what no view has to think of.

    That is: a door that stayed shut (403, and 404 for somebody who is signed in and asked a page that exists for
    something that isn't theirs), a file that left, and a change in the admin that its page didn't record itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        witness = Witness()
        token = _witness.set(witness)
        try:
            with from_address(client_address(request)):
                response = self.get_response(request)
                _write(request, response, witness)
        finally:
            _witness.reset(token)
        return response


def _write(request: HttpRequest, response: HttpResponse, witness: Witness) -> None:
    try:
        told = {(event.object_type, event.object_id) for event in witness.events}
        for event in witness.expected:
            if (event.object_type, event.object_id) not in told:
                event.save()
        _write_outcome(request, response, witness)
    except DatabaseError:  # the answer is made; a database that fails now must not take it back
        logger.exception("What became of a request could not be put on record")


def _write_outcome(request: HttpRequest, response: HttpResponse, witness: Witness) -> None:
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    if response.status_code == 403:
        _write_once(request, user, DENIED)
    elif response.status_code == 404 and known and request.resolver_match is not None:
        _write_once(request, user, NOT_FOUND)
    elif (
        response.status_code == 200
        and response.get("Content-Disposition", "").startswith("attachment")
        and not any(event.action in TAKEN_AWAY for event in witness.events)
    ):
        record(actor=user, action=DOWNLOAD, label=request.path, note=request.META.get("QUERY_STRING", ""))


def _write_once(request: HttpRequest, user: Any, action: str) -> None:
    """The same person at the same door counts once a minute: whoever keeps knocking doesn't fill the trail."""
    key = f"{action}|{getattr(user, 'pk', None)}|{_address.get()}|{request.method}|{request.path}"
    if cache.add("audit-" + hashlib.sha256(key.encode()).hexdigest(), 1, QUIET_SECONDS):
        record(
            actor=user,
            action=action,
            label=request.path,
            note="" if request.method == "GET" else str(request.method),
        )


def client_address(request: HttpRequest) -> str:
    """The address nearest to us that isn't one of our own proxies.

    X-Forwarded-For is whatever the client says unless a proxy of ours appended to it, so it counts only when
    the setting TRUSTED_PROXY_COUNT says how many such proxies stand before us.
    """
    proxies: int = getattr(settings, "TRUSTED_PROXY_COUNT", 0)
    if proxies:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= proxies:
            return hops[-proxies][:45]
    return str(request.META.get("REMOTE_ADDR", ""))[:45]


@contextmanager
def from_address(address: str) -> Iterator[None]:
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def record(
    *,
    actor: Any,
    action: str,
    obj: models.Model | None = None,
    note: str = "",
    changes: Mapping[str, Any] | None = None,
    label: str = "",
) -> AuditEvent:
    """Write one event; call it inside the transaction of what it tells about.

    `actor` is a user, or None for the system itself. `label` replaces `str(obj)` as the object's name.
    `changes` is {field: [before, after]}; any value is made plain JSON, long texts are cut to 200 characters.
    """
    event = _event(actor=actor, action=action, obj=obj, note=note, changes=changes, label=label)
    held = _held.get()
    if held is None:
        event.save()
    else:
        held.append(event)
    witness = _witness.get()
    if witness is not None:
        witness.events.append(event)
    return event


@contextmanager
def held_back() -> Iterator[list[AuditEvent]]:
    """Collect the events recorded inside instead of writing them: for the demonstration, which tells a past.

    It gives them their times and writes them itself, oldest first; nothing else may use this.
    """
    events: list[AuditEvent] = []
    token = _held.set(events)
    try:
        yield events
    finally:
        _held.reset(token)


def expect(*, actor: Any, action: str, object_type: str, object_id: str, label: str, note: str = "") -> None:
    """At the end of this request some event must speak of that object; if none does, this one is written."""
    witness = _witness.get()
    if witness is not None:
        event = _event(actor=actor, action=action, obj=None, note=note, changes=None, label=label)
        event.object_type, event.object_id = object_type, object_id
        witness.expected.append(event)


def _event(
    *,
    actor: Any,
    action: str,
    obj: models.Model | None,
    note: str,
    changes: Mapping[str, Any] | None,
    label: str,
) -> AuditEvent:
    person = actor if getattr(actor, "pk", None) is not None else None
    shown = label or ("" if obj is None else str(obj))
    return AuditEvent(
        actor=person,
        actor_label="" if person is None else str(person)[:100],
        action=action,
        object_type="" if obj is None else obj._meta.label_lower,
        object_id="" if obj is None else str(obj.pk),
        object_label=shown[:200],
        changes={name: plain(value) for name, value in (changes or {}).items()},
        note=note,
        address=_address.get(),
    )


def events_of(obj: models.Model) -> AppendOnlyQuerySet:
    """The events of one row, newest first."""
    return AuditEvent.objects.all().for_object(obj)


def plain(value: Any) -> Any:
    """A JSON value that still says what it was, for any value a model field can hold."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, models.Model):
        return {"id": plain(value.pk), "label": str(value)[:LONGEST_VALUE]}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
