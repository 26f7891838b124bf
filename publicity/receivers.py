"""Sign-ins, sign-outs and failed tries go into the audit trail."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from toolkit import audit


@receiver(user_logged_in)
def signed_in(sender: Any, user: Any, **kwargs: Any) -> None:
    audit.record(actor=user, action="sign_in", obj=user)


@receiver(user_logged_out)
def signed_out(sender: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        audit.record(actor=user, action="sign_out", obj=user)


@receiver(user_login_failed)
def sign_in_failed(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """The staff number that was tried is kept, the password never."""
    audit.record(actor=None, action="sign_in_failed", label=str(credentials.get("username", ""))[:40])
