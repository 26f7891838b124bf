"""Between cleaned HTML and the plain text of a textarea: every paragraph is one line."""

from __future__ import annotations

import re
from html import unescape

from django.utils.html import escape

from toolkit.richtext.cleaning import BLOCKS, clean_html

# nh3's output is regular: attributes in double quotes with the quotes inside escaped, "<" in text escaped.
# So this reads every tag of it, and is never used on anything else.
TAG = re.compile(r'<(/?)([a-z0-9]+)((?:\s+[a-z-]+="[^"]*")*)\s*/?>')
LINES = BLOCKS | {"table", "thead", "tbody", "tr"}
SPACES = re.compile(r"[ \t\r\n\f]+")


def from_text(text: str) -> str:
    """Plain text as HTML: one paragraph for every line that isn't blank."""
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"<p>{escape(line)}</p>" for line in lines if line)


def to_text(html: str) -> str:
    """HTML as plain text: one line per paragraph, list items with a dot, table cells apart by tabs."""
    lines: list[str] = [""]
    position = 0
    cleaned = clean_html(html)
    for tag in TAG.finditer(cleaned):
        lines[-1] += _words(cleaned[position : tag.start()])
        position = tag.end()
        closing, name = tag.group(1) == "/", tag.group(2)
        if name in LINES:
            lines.append("• " if name == "li" and not closing else "")
        elif name in ("td", "th") and closing:
            lines[-1] += "\t"
    lines[-1] += _words(cleaned[position:])
    return "\n".join(line.strip() for line in lines if line.strip(" \t•"))


def is_plain(html: str) -> bool:
    """Whether a textarea shows all there is: nothing but paragraphs."""
    return all(tag.group(2) == "p" for tag in TAG.finditer(clean_html(html)))


def same_text(a: str, b: str) -> bool:
    """Whether two plain texts read the same; browsers send other line ends than they got."""
    return _lines(a) == _lines(b)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _words(html: str) -> str:
    return unescape(SPACES.sub(" ", html)).replace("\xa0", " ")
