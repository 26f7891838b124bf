"""{% load ledger %}: words for entries and months."""

from __future__ import annotations

from django import template

from rewards.exports import spoken_month, spoken_reason
from rewards.models import Entry, SchemeVersion
from rewards.states import EntryKind, Reason
from toolkit.money import format_yuan

register = template.Library()

TONES = {EntryKind.REWARD: "accent", EntryKind.DEDUCTION: "warn", EntryKind.REVERSAL: "muted"}


@register.filter
def because(entry: Entry) -> str:
    """Why the amount is what it is, in a few words; nothing when the rule alone says it."""
    return spoken_reason(entry)


@register.filter
def kind_tone(entry: Entry) -> str:
    return TONES.get(EntryKind(entry.kind), "")


@register.filter
def month(ym: int) -> str:
    """202403 -> 2024-03"""
    return spoken_month(ym)


@register.filter
def is_nothing(entry: Entry) -> bool:
    """An entry that explains why there is no money."""
    return entry.amount_fen == 0 and entry.reason != Reason.RULE


@register.filter
def names(versions: list[SchemeVersion]) -> str:
    return "、".join(str(version) for version in versions)


@register.filter
def cash(fen: int) -> str:
    """For places that take words, not tags: 140950 -> ¥1,409.50"""
    return f"¥{format_yuan(fen)}"
