"""{% load money %}{{ entry.fen|yuan }} -> 1,409.50"""

from django import template

from toolkit.money import capitals as in_capitals
from toolkit.money import format_yuan

register = template.Library()


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan with two decimals and thousands separators; nothing for None."""
    return "" if fen is None else format_yuan(int(fen))


@register.filter
def capitals(fen: int | None) -> str:
    """Fen as 人民币大写; nothing for None."""
    return "" if fen is None else in_capitals(int(fen))
