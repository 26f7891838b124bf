"""Finds every translatable string of the project, with Babel in place of a system gettext.

A `Phrase` is (context or "", singular, plural or "", file), worded as Django looks it up at run time:
a literal percent sign of a template is doubled, a variable of a block is `%(name)s`.
"""

import io
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from babel.messages.extract import extract_javascript, extract_python
from django.template.base import Lexer, Token, TokenType
from django.utils.text import smart_split
from django.utils.translation import trim_whitespace
from django.utils.translation.template import (
    block_re,
    constant_re,
    context_re,
    endblock_re,
    inline_re,
    plural_re,
)

CODE_FOLDERS = ("publicity", "rewards", "media_outreach", "correspondents", "plans", "hospital", "toolkit")
TEMPLATE_FOLDERS = ("templates", *CODE_FOLDERS)
SCRIPT_FOLDERS = ("static/js",)

# Function name -> whether its first argument is a context, and whether it has a plural.
CALLS: dict[str, tuple[bool, bool]] = {
    "_": (False, False),
    "gettext": (False, False),
    "gettext_lazy": (False, False),
    "gettext_noop": (False, False),
    "ngettext": (False, True),
    "ngettext_lazy": (False, True),
    "pgettext": (True, False),
    "pgettext_lazy": (True, False),
    "npgettext": (True, True),
    "npgettext_lazy": (True, True),
}


class Phrase(NamedTuple):
    """One translatable string and the file it stands in."""

    context: str
    singular: str
    plural: str
    file: str


class UnreadableFile(Exception):
    """A file that doesn't parse (perhaps half-written at this moment); the message names it."""


Reader = Callable[[str, str], Iterator[Phrase]]


def extract(root: Path) -> Iterator[Phrase | UnreadableFile]:
    """Every phrase below `root`, file by file; a file that can't be read gives its error in place of phrases."""
    for path, reader in _sources(root):
        name = path.relative_to(root).as_posix()
        try:
            yield from list(reader(path.read_text(encoding="utf-8"), name))
        except (SyntaxError, tokenize.TokenError, UnicodeDecodeError, FileNotFoundError) as error:
            yield UnreadableFile(f"{name}: {error}")


def _sources(root: Path) -> Iterator[tuple[Path, Reader]]:
    for folders, pattern, reader in (
        (CODE_FOLDERS, "*.py", python_phrases),
        (TEMPLATE_FOLDERS, "*.html", template_phrases),
        (TEMPLATE_FOLDERS, "*.txt", template_phrases),
        (SCRIPT_FOLDERS, "*.js", script_phrases),
    ):
        for folder in folders:
            for path in sorted((root / folder).rglob(pattern)):
                if "migrations" not in path.parts:
                    yield path, reader


def python_phrases(source: str, file: str) -> Iterator[Phrase]:
    """The phrases of one Python file."""
    found = extract_python(io.BytesIO(source.encode()), dict.fromkeys(CALLS), [], {})
    yield from _calls(((name, words) for _line, name, words, _notes in found), file)


def script_phrases(source: str, file: str) -> Iterator[Phrase]:
    """The phrases of one JavaScript file."""
    found = extract_javascript(io.BytesIO(source.encode()), dict.fromkeys(CALLS), [], {})
    yield from _calls(((name, words) for _line, name, words, _notes in found), file)


def _calls(calls: Iterator[tuple[object, object]], file: str) -> Iterator[Phrase]:
    for name, given in calls:
        with_context, with_plural = CALLS[str(name)]
        words = list(given) if isinstance(given, (tuple, list)) else [given]
        wanted = words[: 1 + with_context + with_plural]
        if len(wanted) < 1 + with_context + with_plural or not all(
            isinstance(word, str) and word for word in wanted
        ):
            continue  # a variable in place of a literal: nothing to look up
        context = str(wanted.pop(0)) if with_context else ""
        yield Phrase(context, str(wanted[0]), str(wanted[1]) if with_plural else "", file)


def template_phrases(source: str, file: str) -> Iterator[Phrase]:
    """The phrases of one Django template: translate, blocktranslate and `_("…")` in any tag or variable."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        if token.token_type == TokenType.VAR:
            yield from _constants(token, file)
        elif token.token_type == TokenType.BLOCK:
            if token.contents == "comment":
                _skip_comment(tokens)
                continue
            yield from _constants(token, file)
            if inline := inline_re.match(token.contents):
                yield Phrase(_context(inline[2]), _unquoted(inline[1]).replace("%", "%%"), "", file)
            elif block := block_re.match(token.contents):
                yield _block_phrase(token, tokens, _context(block[1]), file)


def _constants(token: Token, file: str) -> Iterator[Phrase]:
    for literal in constant_re.findall(token.contents):
        yield Phrase("", _unquoted(literal).replace("%", "%%"), "", file)


def _skip_comment(tokens: Iterator[Token]) -> None:
    for token in tokens:
        if token.token_type == TokenType.BLOCK and token.contents == "endcomment":
            return


def _block_phrase(opening: Token, tokens: Iterator[Token], context: str, file: str) -> Phrase:
    trimmed = "trimmed" in smart_split(opening.contents)
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token.token_type == TokenType.TEXT:
            parts[-1].append(token.contents.replace("%", "%%"))
        elif token.token_type == TokenType.VAR:
            parts[-1].append(f"%({token.contents})s")
        elif token.token_type == TokenType.BLOCK:
            if endblock_re.match(token.contents):
                break
            if not plural_re.match(token.contents):
                raise SyntaxError(
                    f"line {token.lineno}: no tag may stand inside blocktranslate: {token.contents}"
                )
            parts.append([])
    texts = ["".join(part) for part in parts]
    if trimmed:
        texts = [trim_whitespace(text) for text in texts]
    return Phrase(context, texts[0], texts[1] if len(texts) > 1 else "", file)


def _context(clause: str | None) -> str:
    match = context_re.match(clause) if clause else None
    return _unquoted(match[1]) if match else ""


def _unquoted(literal: str) -> str:
    return literal[1:-1]
