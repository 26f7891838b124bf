"""Every way of signing in ends in the same signal: password, OIDC, CAS and LDAP."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver

from hospital.account import gates, sessions


@receiver(user_logged_in)
def signed_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    sessions.opened(request, user)
    gates.signed_in(request, user)


@receiver(user_logged_out)
def signed_out(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        sessions.closed(request.session.session_key)
