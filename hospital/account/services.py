"""Writes of the account pages: the own password and the bank card."""

from __future__ import annotations

from django.db import transaction

from hospital.models import User
from toolkit import audit


@transaction.atomic
def password_change(*, user: User, password: str) -> None:
    """The person chose this password themselves; one that was handed out has done its work."""
    user.set_password(password)
    user.must_change_password = False
    user.save(update_fields=["password", "password_changed_at", "must_change_password"])
    audit.record(actor=user, action="change_password", obj=user)


@transaction.atomic
def card_set(*, person: User, card: str, actor: User) -> None:
    """Keep a card's digits (blank: none). The audit trail gets the masked number."""
    before = person.masked_bank_card
    person.bank_card = card
    person.save(update_fields=["bank_card"])
    audit.record(
        actor=actor, action="change", obj=person, changes={"bank_card": [before, person.masked_bank_card]}
    )


@transaction.atomic
def card_read(*, person: User, actor: User) -> str:
    """The whole number, with the reading on record."""
    if person.bank_card:
        audit.record(actor=actor, action="read_bank_card", obj=person)
    return str(person.bank_card)
