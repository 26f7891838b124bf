"""Where a person is signed in: opened at sign-in, touched once a minute, ended by anybody it belongs to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from hospital.account.models import SignIn
from hospital.models import User
from toolkit import audit

SEEN = "seen_at"  # whole seconds since 1970 of the last request that was written down
SIGN_IN = "sign_in"
TOUCH_SECONDS = 60


def opened(request: Any, user: User) -> None:
    """Note this browser; called when a sign-in has succeeded."""
    session = request.session
    if not session.session_key:
        session.create()
    row, _created = SignIn.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "agent": request.META.get("HTTP_USER_AGENT", "")[:300],
            "address": audit.client_address(request),
            "started_at": timezone.now(),
            "seen_at": timezone.now(),
        },
    )
    session[SIGN_IN] = row.pk
    session[SEEN] = int(timezone.now().timestamp())


def is_idle(request: HttpRequest, at: datetime | None = None) -> bool:
    seen = request.session.get(SEEN)
    if seen is None:
        return False
    return (at or timezone.now()).timestamp() - seen > settings.IDLE_MINUTES * 60


def touched(request: HttpRequest, at: datetime | None = None) -> None:
    """Write down that this browser is in use, at most once a minute."""
    now = at or timezone.now()
    if now.timestamp() - request.session.get(SEEN, 0) < TOUCH_SECONDS:
        return
    request.session[SEEN] = int(now.timestamp())
    linked(request, now)


def linked(request: HttpRequest, at: datetime) -> None:
    """The session's key changes with the password; the row follows it."""
    SignIn.objects.filter(pk=request.session.get(SIGN_IN, 0)).update(
        session_key=request.session.session_key, seen_at=at
    )


def closed(session_key: str | None) -> None:
    SignIn.objects.filter(session_key=session_key or "").delete()


def living(user: User, at: datetime | None = None) -> list[SignIn]:
    """The browsers this person is signed in with now, the one used last first."""
    now = at or timezone.now()
    rows = list(SignIn.objects.visible_to(user).filter(seen_at__gt=now - timedelta(days=1))[:50])
    keys = [row.session_key for row in rows]
    alive = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=now).values_list("pk", flat=True)
    )
    # Somebody who left a browser open is asked to sign in there again; it isn't a sign-in any more.
    since = now - timedelta(minutes=settings.IDLE_MINUTES, seconds=TOUCH_SECONDS)
    return [row for row in rows if row.session_key in alive and row.seen_at > since]


@transaction.atomic
def sign_out(*, user: User, actor: User, only: int | None = None, keep: str | None = None) -> int:
    """End this person's sign-ins: all, all but the session `keep`, or `only` the one of this id. Returns how many."""
    rows = SignIn.objects.visible_to(user)
    if only is not None:
        rows = rows.filter(pk=only)
    if keep:
        rows = rows.exclude(session_key=keep)
    keys = list(rows.values_list("session_key", flat=True))
    Session.objects.filter(session_key__in=keys).delete()
    SignIn.objects.filter(session_key__in=keys).delete()
    if keys:
        audit.record(actor=actor, action="end_sessions", obj=user, changes={"sessions": [len(keys), 0]})
    return len(keys)


def tidy(at: datetime | None = None) -> int:
    """Forget sessions that ended by themselves, and the rows that told of them. Returns how many sessions."""
    now = at or timezone.now()
    ended, _by_model = Session.objects.filter(expire_date__lt=now).delete()
    over = SignIn.objects.filter(seen_at__lt=now - timedelta(seconds=settings.SESSION_COOKIE_AGE))
    over.exclude(session_key__in=Session.objects.values("pk")).delete()
    return ended
