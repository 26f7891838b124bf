"""What a person must do before anything else: give a code, choose an own password, set up an authenticator app."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY
from django.utils import timezone

from hospital.account import second_factor
from hospital.models import User

FACTOR = "factor"
PASSWORD_OLD = "password_old"  # noqa: S105 - a session key, no password
PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"  # noqa: S105 - a class
# Pages that stay open behind a closed gate.
OPEN = frozenset(
    {
        "login",
        "logout",
        "password_change",
        "password_change_done",
        "admin:logout",
        "hospital:account_code",
        "hospital:account_factor",
        "hospital:account_factor_qr",
    }
)
CODE = "hospital:account_code"
SETUP = "hospital:account_factor"
PASSWORD = "password_change"  # noqa: S105 - the name of an address


def signed_in(request: Any, user: User) -> None:
    """Read once at sign-in, so that no gate closes while somebody is writing."""
    request.session[FACTOR] = second_factor.wanted_at_sign_in(user)
    request.session[PASSWORD_OLD] = password_is_old(user)


def password_is_old(user: User) -> bool:
    if not settings.PASSWORD_MAX_DAYS:
        return False
    since = user.password_changed_at or user.joined_at
    return bool(timezone.now() - since > timedelta(days=settings.PASSWORD_MAX_DAYS))


def closed_gate(request: Any) -> str:
    """The name of the page to go to first, or empty."""
    session = request.session
    factor = session.get(FACTOR, "")
    if factor == "code":
        return CODE
    # Whoever came through the hospital's identity service has their password there.
    has_password_here = session.get(BACKEND_SESSION_KEY) == PASSWORD_BACKEND
    if has_password_here and (request.user.must_change_password or session.get(PASSWORD_OLD)):
        return PASSWORD
    return SETUP if factor == "setup" else ""


def factor_passed(request: Any) -> None:
    request.session[FACTOR] = ""
    # What was in the session before the second factor must not work after it for somebody who copied the key.
    request.session.cycle_key()


def is_open(view_name: str, gate: str) -> bool:
    """While a code is missing only the code's page is open: not the password, and not a new app."""
    if gate == CODE:
        return view_name in {CODE, "login", "logout", "admin:logout"}
    return view_name in OPEN
