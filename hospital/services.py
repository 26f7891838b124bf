"""Writes of the hospital layer: notices to people, and roles."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from hospital.models import Notification, User
from toolkit import outbox
from toolkit.models import OutboxMessage


@transaction.atomic
def notify(
    *, key: str, recipient: User, title: str, body: str = "", url: str = "", email: bool = False
) -> bool:
    """Tell one person something once per ``key``: in the app, and by e-mail too when asked and they have an address.

    Returns False when this news was sent before. Call it inside the transaction of what it tells about.
    """
    payload = {"title": title, "body": body, "url": url}
    new = outbox.enqueue(key=f"notice:{key}", kind="notice", payload=payload, recipient=recipient)
    if new is not None and email and recipient.email:
        outbox.enqueue(key=f"mail:{key}", kind="mail", payload=payload, recipient=recipient)
    return new is not None


@outbox.handler("notice")
def deliver_notice(message: OutboxMessage) -> None:
    """The row in the inbox commits together with the outbox row's "sent"."""
    Notification.objects.create(key=message.key, recipient=cast(User, message.recipient), **message.payload)


@outbox.handler("mail", external=True)
def deliver_mail(message: OutboxMessage) -> None:
    """At least once: a copy sent twice after a crash carries the same Message-ID."""
    recipient = message.recipient
    if recipient is None or not recipient.email:
        return
    url = message.payload["url"]
    lines = [message.payload["body"], f"{settings.SITE_URL}{url}" if url.startswith("/") else url]
    EmailMessage(
        # A header can't hold a line break, whoever wrote the title.
        subject=" ".join(message.payload["title"].split()),
        body="\n\n".join(line for line in lines if line),
        to=[recipient.email],
        headers={"Message-ID": outbox.message_id(message)},
    ).send()


def notifications_read(*, user: User, at: datetime | None = None) -> int:
    """Mark everything in the inbox as read; returns how many were unread."""
    unread = Notification.objects.visible_to(user).unread()
    return int(unread.update(read_at=at or timezone.now()))
