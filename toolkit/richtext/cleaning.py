"""The allow-list. People's HTML is read by nh3 (a browser-grade parser) and by nothing else."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

import nh3
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from toolkit.refusals import noted

BLOCKS = frozenset(
    {"p", "br", "h2", "h3", "h4", "ul", "ol", "li", "blockquote", "hr", "figure", "figcaption"}
)
TABLE = frozenset({"table", "thead", "tbody", "tr", "td", "th"})
INLINE = frozenset({"strong", "b", "em", "i", "u", "s", "sub", "sup", "span", "a", "img"})
TAGS = BLOCKS | TABLE | INLINE
ATTRIBUTES = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# The text inside these isn't meant for readers, so it goes with the tag.
WITHOUT_CONTENT = {"script", "style", "title", "iframe", "object", "template", "noscript", "textarea"}
WITHOUT_CONTENT |= {"svg", "math"}
LINK = re.compile(r"(?:https?://|mailto:)[^\s\x00-\x1f]+\Z", re.IGNORECASE)
PICTURE = re.compile(r"[\w./%+-]+\Z")
NUMBER = re.compile(r"[1-9]\d{0,3}\Z")


def clean_html(html: str) -> str:
    """Only what the allow-list names. Cleaning twice changes nothing more."""
    return _cleaner(settings.MEDIA_URL).clean(html) if html else ""


@noted("text")
def check_size(html: str) -> None:
    """Raises ValidationError when the text is larger than RICHTEXT_MAX_BYTES."""
    most = int(getattr(settings, "RICHTEXT_MAX_BYTES", 1024 * 1024))
    if len(html.encode("utf-8", "surrogatepass")) > most:
        raise ValidationError(
            _(
                "The text is too long (more than %(size)s KB). Upload pictures with the picture button instead of "
                "pasting them, or split the text."
            )
            % {"size": most // 1024},
            code="too_long",
        )


@lru_cache(maxsize=4)
def _cleaner(media_url: str) -> nh3.Cleaner:
    def keep(tag: str, attribute: str, value: str) -> str | None:
        if tag == "a" and attribute == "href":
            return value if LINK.match(value.strip()) else None
        if tag == "img" and attribute == "src":
            return value if is_own_picture(value, media_url) else None
        if attribute == "alt":
            return value
        # rel is set by nh3 itself; everything else we allow is a small number.
        return value if attribute == "rel" or NUMBER.match(value) else None

    return nh3.Cleaner(
        tags=set(TAGS),
        clean_content_tags=WITHOUT_CONTENT,
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
        strip_comments=True,
    )


def is_own_picture(address: str, media_url: str) -> bool:
    """A path under our media prefix: no other host, no way up, no query, nothing hidden behind %-codes."""
    if not media_url.startswith("/") or not address.startswith(media_url) or not PICTURE.match(address):
        return False
    plain = unquote(address)
    return not ("//" in plain or "\\" in plain or ".." in plain.split("/") or "%" in plain)
