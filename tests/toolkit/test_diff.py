"""What changed between two versions of a draft."""

import time

from hypothesis import given
from hypothesis import strategies as st

from toolkit.diff import Piece, word_diff

TEXTS = st.text(alphabet="护理部义诊。，\n ab12", max_size=60)


def test_a_changed_word_is_shown_in_its_sentence() -> None:
    assert word_diff("护理部组织义诊。效果很好。", "护理部开展义诊。效果很好。") == [
        Piece("same", "护理部"),
        Piece("cut", "组织"),
        Piece("add", "开展"),
        Piece("same", "义诊。效果很好。"),
    ]


def test_a_changed_number_is_one_piece() -> None:
    assert word_diff("服务120人次", "服务1350人次") == [
        Piece("same", "服务"),
        Piece("cut", "120"),
        Piece("add", "1350"),
        Piece("same", "人次"),
    ]


def test_an_added_paragraph_is_only_added() -> None:
    assert word_diff("第一段\n第三段\n", "第一段\n第二段\n第三段\n") == [
        Piece("same", "第一段\n"),
        Piece("add", "第二段\n"),
        Piece("same", "第三段\n"),
    ]
    assert word_diff("", "新") == [Piece("add", "新")]
    assert word_diff("同", "同") == [Piece("same", "同")]


@given(TEXTS, TEXTS)
def test_no_word_is_lost_or_invented(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert "".join(piece.text for piece in pieces if piece.op != "add") == old
    assert "".join(piece.text for piece in pieces if piece.op != "cut") == new


def test_two_long_unlike_texts_do_not_hang_the_page() -> None:
    begun = time.monotonic()
    word_diff(
        "".join(chr(0x4E00 + n % 5000) for n in range(9000)),
        "".join(chr(0x5E00 + n % 4000) for n in range(9000)),
    )
    assert time.monotonic() - begun < 5
