"""{% load richtext %}{{ revision.body|richtext }}"""

from django import template
from django.utils.safestring import SafeString, mark_safe

from toolkit.richtext import clean_html, to_text

register = template.Library()


@register.filter
def richtext(html: str | None) -> SafeString:
    """Cleaned again on the way out: what was stored by an older allow-list or by hand is no exception."""
    return mark_safe(clean_html(html or ""))  # noqa: S308  clean_html just made it safe


@register.filter
def plaintext(html: str | None) -> str:
    """The words only, one line per paragraph, for summaries and lists."""
    return to_text(html or "")
