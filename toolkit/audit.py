"""The audit trail: one append-only row per thing that happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse

from toolkit.models import AppendOnlyQuerySet, AuditEvent

LONGEST_VALUE = 200

_address: ContextVar[str] = ContextVar("audit_address", default="")
_held: ContextVar[list[AuditEvent] | None] = ContextVar("audit_held", default=None)


class AuditMiddleware:
    """Remembers the client's address for the events written while this request is served."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with from_address(client_address(request)):
            return self.get_response(request)


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
    person = actor if getattr(actor, "pk", None) is not None else None
    name = label or ("" if obj is None else str(obj))
    event = AuditEvent(
        actor=person,
        actor_label="" if person is None else str(person)[:100],
        action=action,
        object_type="" if obj is None else obj._meta.label_lower,
        object_id="" if obj is None else str(obj.pk),
        object_label=name[:200],
        changes={field: plain(value) for field, value in (changes or {}).items()},
        note=note,
        address=_address.get(),
    )
    held = _held.get()
    if held is None:
        event.save()
    else:
        held.append(event)
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
