"""What changed between two texts, in words a reader sees; made for Chinese, where a word has no spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal

Op = Literal["same", "add", "cut"]

SENTENCES = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+|[^。！？；!?;\n]+")
# A run of Latin letters or digits is one token, anything else (a Chinese character, a mark) stands alone.
TOKENS = re.compile(r"[A-Za-z]+|\d+(?:[.,]\d+)*|\s+|.", re.DOTALL)
# Comparing tokens costs the product of the lengths; beyond this a passage counts as rewritten.
MOST_PAIRS = 4_000_000


@dataclass(frozen=True)
class Piece:
    """A stretch of text that stayed, came or went. same+cut makes the old text, same+add the new."""

    op: Op
    text: str


def word_diff(old_text: str, new_text: str) -> list[Piece]:
    """The pieces in reading order: first whole sentences are matched, then words within changed ones."""
    pieces: list[Piece] = []
    for same, old, new in _blocks(SENTENCES.findall(old_text), SENTENCES.findall(new_text)):
        pieces += [Piece("same", old)] if same else _within(old, new)
    return _joined(pieces)


def _within(old: str, new: str) -> list[Piece]:
    old_tokens, new_tokens = TOKENS.findall(old), TOKENS.findall(new)
    if len(old_tokens) * len(new_tokens) > MOST_PAIRS:
        return [Piece("cut", old), Piece("add", new)]
    blocks = list(_blocks(old_tokens, new_tokens))
    pieces = []
    for index, (same, old_part, new_part) in enumerate(blocks):
        # One kept character between two changes is chance, not meaning: read it as changed.
        if same and len(old_part) == 1 and 0 < index < len(blocks) - 1 and not old_part.isspace():
            same = False
        pieces += [Piece("same", old_part)] if same else [Piece("cut", old_part), Piece("add", new_part)]
    return pieces


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, str, str]]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield tag == "equal", "".join(old[a:b]), "".join(new[c:d])


def _joined(pieces: list[Piece]) -> list[Piece]:
    """Within a run of changes first all that went, then all that came; no empty pieces."""
    found: list[Piece] = []
    for same, run in groupby(pieces, key=lambda piece: piece.op == "same"):
        group = list(run)
        ops: tuple[Op, ...] = ("same",) if same else ("cut", "add")
        for op in ops:
            text = "".join(piece.text for piece in group if piece.op == op)
            if text:
                found.append(Piece(op, text))
    return found
