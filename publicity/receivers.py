"""What other packages tell goes into the audit trail: sign-ins, failed tries, lock-outs, changes in the admin."""

from __future__ import annotations

from typing import Any

from axes.signals import user_locked_out
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
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


@receiver(user_locked_out)
def locked_out(sender: Any, username: str = "", **kwargs: Any) -> None:
    audit.record(actor=None, action="locked_out", label=str(username or "")[:40])


@receiver(post_save, sender=LogEntry)
def changed_in_the_admin(sender: Any, instance: LogEntry, created: bool, **kwargs: Any) -> None:
    """Whatever page of the admin made a change: if it wrote no event itself, one is written for it."""
    model = instance.content_type.model_class() if created and instance.content_type else None
    if model is None:
        return
    audit.expect(
        actor=instance.user,
        action={ADDITION: "create", CHANGE: "change"}.get(instance.action_flag, "delete"),
        object_type=model._meta.label_lower,
        object_id=str(instance.object_id),
        label=instance.object_repr,
        note=instance.get_change_message(),
    )
