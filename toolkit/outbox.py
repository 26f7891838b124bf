"""Effects that happen exactly once although workers die, brokers lose and people click twice.

A row is written in the transaction of its cause. A worker takes it by a conditional UPDATE that also moves
`next_try_at` into the future (the lease), then runs the handler and marks the row sent in ONE transaction: a
worker killed in between rolls back both, and the sweeper finds the row again when the lease has passed.

An effect outside the database (an e-mail) can't be rolled back: register it with `external=True`. It then runs
outside any transaction, at least once; use `message_id(message)` as its stable Message-ID so that a mail
server or a reader can drop the rare second copy.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from toolkit.models import OutboxMessage, OutboxState

logger = logging.getLogger(__name__)

MAX_TRIES = 8
SWEEP_LIMIT = 200
# Together with the tick's half minute: what a killed worker had in hand is taken up again within a minute.
LEASE = timedelta(seconds=30)
# A mail server may take its time, and a second copy couldn't be rolled back.
EXTERNAL_LEASE = timedelta(seconds=90)

Handler = Callable[[OutboxMessage], None]


@dataclass(frozen=True)
class _Registered:
    call: Handler
    external: bool


_handlers: dict[str, _Registered] = {}


def handler(kind: str, *, external: bool = False) -> Callable[[Handler], Handler]:
    """Register the function that makes the effect of messages of this kind. It raises to be tried again."""

    def register(call: Handler) -> Handler:
        known = _handlers.get(kind)
        if known is not None and known.call.__qualname__ != call.__qualname__:
            raise ValueError(f"Outbox kind {kind!r} already has a handler: {known.call.__qualname__}.")
        _handlers[kind] = _Registered(call, external)
        return call

    return register


def enqueue(
    *, key: str, kind: str, payload: Mapping[str, Any], recipient: Any = None
) -> OutboxMessage | None:
    """Write the message down in the caller's transaction; None when one of this key was written before.

    Never fails for the broker's sake: the nudge goes out after commit, and when it gets lost the sweeper
    delivers.
    """
    try:
        with transaction.atomic():
            message = OutboxMessage.objects.create(
                key=key, kind=kind, payload=dict(payload), recipient=recipient
            )
    except IntegrityError:
        if OutboxMessage.objects.filter(key=key).exists():
            return None
        raise
    _nudge_after_commit(message.pk)
    return message


def deliver(pk: int, at: datetime | None = None) -> bool:
    """Take one pending message and make its effect. True when this call sent it. Safe to call any time, twice."""
    message = _claim(pk, at or timezone.now())
    if message is None:
        return False
    try:
        registered = _handler_for(message.kind)
        if registered.external:
            registered.call(message)
            return _mark_sent(message)
        with transaction.atomic():
            # Marked first: this takes the row's lock, so nobody whose lease check came late can run beside us.
            if not _mark_sent(message):
                return False
            registered.call(message)
        return True
    except Exception as error:  # whatever a handler raises must not stop the sweep; it is kept on the row
        logger.exception("Outbox message %s (%s) failed", message.pk, message.kind)
        _mark_tried(message, error)
        return False


def sweep(at: datetime | None = None) -> int:
    """Deliver what is due; the number sent. Runs every half minute and whenever somebody asks."""
    moment = at or timezone.now()
    due = list(OutboxMessage.objects.due(moment).values_list("pk", flat=True)[:SWEEP_LIMIT])
    return sum(deliver(pk, at=at) for pk in due)


def resend(message: OutboxMessage, *, at: datetime | None = None) -> bool:
    """Give a message that was given up another round of tries. False when it isn't given up."""
    moment = at or timezone.now()
    changed = OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.FAILED).update(
        state=OutboxState.PENDING, tries=0, next_try_at=moment
    )
    if changed:
        _nudge_after_commit(message.pk)
    return bool(changed)


def message_id(message: OutboxMessage, domain: str = "publicity.invalid") -> str:
    """A Message-ID that stays the same however often the e-mail is tried."""
    return f"<outbox-{message.pk}-{int(message.created_at.timestamp())}@{domain}>"


def pause_after(tries: int) -> timedelta:
    """30 s, 1 min, 2 min … at most 1 hour."""
    return timedelta(seconds=min(30 * 2 ** max(tries - 1, 0), 3600))


def _claim(pk: int, at: datetime) -> OutboxMessage | None:
    """Take the row for the length of the lease, or None when it is sent, not due, or somebody else's."""
    message = OutboxMessage.objects.due(at).filter(pk=pk).first()
    if message is None:
        return None
    tries = message.tries + 1
    known = _handlers.get(message.kind)
    lease = EXTERNAL_LEASE if known is not None and known.external else LEASE
    won = OutboxMessage.objects.filter(pk=pk, state=OutboxState.PENDING, tries=message.tries).update(
        tries=tries, next_try_at=at + lease
    )
    message.tries = tries
    return message if won else None


def _mark_sent(message: OutboxMessage) -> bool:
    now = timezone.now()
    return bool(
        OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.PENDING, tries=message.tries).update(
            state=OutboxState.SENT, sent_at=now, error=""
        )
    )


def _mark_tried(message: OutboxMessage, error: Exception) -> None:
    state = OutboxState.FAILED if message.tries >= MAX_TRIES else OutboxState.PENDING
    OutboxMessage.objects.filter(pk=message.pk, state=OutboxState.PENDING, tries=message.tries).update(
        state=state,
        next_try_at=timezone.now() + pause_after(message.tries),
        error=f"{type(error).__name__}: {error}"[:1000],
    )


def _handler_for(kind: str) -> _Registered:
    if kind not in _handlers:
        # A process that never imported the apps' services (a shell, a command) still delivers.
        autodiscover_modules("services", "tasks")
    if kind not in _handlers:
        raise LookupError(f"Nothing handles outbox messages of kind {kind!r}.")
    return _handlers[kind]


def _nudge_after_commit(pk: int) -> None:
    # A plain function: Django reports what a robust hook raised by its name, which a partial doesn't have.
    transaction.on_commit(lambda: _nudge(pk), robust=True)


def _nudge(pk: int) -> None:
    from toolkit.tasks import deliver_message

    # retry=False: a person's request must not wait for a broker that is down; the sweeper catches up.
    deliver_message.apply_async(args=[pk], retry=False)
