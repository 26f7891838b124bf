"""Addresses people paste: only http and https, and the same page always written the same way."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST = 500
# What looks like "name.tld/…" without a scheme is meant as https.
_BARE_HOST = re.compile(r"^[\w-]+(\.[\w-]+)+(:\d+)?([/?#]|$)")


def tidy_link(text: str) -> str:
    """The address in one canonical writing, "" for none. Raises ValidationError with a sentence.

    Scheme and host become lower case. A fragment goes, because it names a place within the page (WeChat adds
    "#rd"), unless a one-page site keeps its route in it ("#/news/12").
    """
    text = text.strip()
    if not text:
        return ""
    if _BARE_HOST.match(text):
        text = f"https://{text}"
    if len(text) > LONGEST:
        raise ValidationError(
            _("The link is longer than 500 characters. Please copy it without tracking parts.")
        )
    if re.search(r"[\s\x00-\x1f\x7f<>\"\\]", text):
        raise ValidationError(
            _("The link contains spaces or characters no address has. Please copy it again.")
        )
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValidationError(_("This is not a web address. Please copy it again.")) from error
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise ValidationError(_("A link must begin with http:// or https://."))
    if parts.username is not None:
        raise ValidationError(_("A link must not contain a user name. Please copy it again."))
    shown = f"[{host}]" if ":" in host else host
    address = f"{shown}:{port}" if port else shown
    fragment = parts.fragment if parts.fragment[:1] in ("/", "!") else ""
    return urlunsplit((parts.scheme.lower(), address, parts.path or "/", parts.query, fragment))
