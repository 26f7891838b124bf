"""Passwords an administrator hands out."""

from __future__ import annotations

import secrets

from django.db import transaction

from hospital.models import User
from toolkit import audit

# Without 0 O 1 l I, which people mix up when they copy from paper.
ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


@transaction.atomic
def one_time_password_set(*, person: User, actor: User) -> str:
    """Give the person a new random password and return it; they have to choose their own at the first sign-in."""
    password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    person.set_password(password)
    person.must_change_password = True
    person.save(update_fields=["password", "password_changed_at", "must_change_password"])
    audit.record(actor=actor, action="set_password", obj=person)
    return password
