"""The hospital's ten worked cases, and what must hold for any scheme and any year."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import calculation
from rewards.calculation import Author, Line, Placement, Rule, Scheme, price, shortfall, split
from rewards.states import Reason
from toolkit.money import capitals, fen_to_yuan, yuan_to_fen

DATA = yaml.safe_load((Path(__file__).parent / "data" / "reward-scheme.yaml").read_text(encoding="utf-8"))
OFFICE, NURSING = 1, 2
RULES = (
    Rule(1, 1, 10000, levels=frozenset({"national"})),
    Rule(2, 2, 10000, levels=frozenset({"province"})),
    Rule(3, 3, 5000, levels=frozenset({"prefecture"}), media=frozenset({"newspaper", "television"})),
    Rule(4, 4, 8000, levels=frozenset({"bureau"}), genres=frozenset({"info", "brief"})),
)
SCHEME = Scheme(1, date(2020, 1, 1), RULES, exempt={OFFICE: 10})


def piece(number: int, level: str, medium: str = "newspaper", people: int = 1, **more: object) -> Placement:
    """The number is also the day of the year."""
    department = more.pop("department", NURSING)
    return Placement(
        id=number,
        piece=str(more.pop("piece", f"p{number}")),
        published_on=date(2024, 1, 1) + timedelta(days=number),
        level=level,
        medium=medium,
        genre=str(more.pop("genre", "news")),
        authors=tuple(Author(person, int(str(department))) for person in range(1, people + 1)),
        **more,  # type: ignore[arg-type]  # only is_paid is left
    )


def yuan(lines: list[Line]) -> list[str]:
    return [str(fen_to_yuan(line.amount_fen)) for line in lines]


def total(lines: list[Line]) -> str:
    return str(fen_to_yuan(sum(line.amount_fen for line in lines)))


def expected(case: int) -> object:
    return DATA["cases"][case]["pays"]


def test_one_piece_at_national_level() -> None:
    assert total(price([piece(1, "national")], [SCHEME])) == expected(0) == "100.00"


def test_two_pieces_at_province_level() -> None:
    assert total(price([piece(1, "province"), piece(2, "province")], [SCHEME])) == expected(1) == "200.00"


def test_three_in_the_prefecture_paper_and_one_on_its_television() -> None:
    pieces = [piece(n, "prefecture") for n in (1, 2, 3)] + [piece(4, "prefecture", "television")]
    assert total(price(pieces, [SCHEME])) == expected(2) == "200.00"


def test_one_information_taken_by_a_prefecture_bureau() -> None:
    assert total(price([piece(1, "bureau", "briefing", genre="info")], [SCHEME])) == expected(3) == "80.00"


def test_office_staff_within_their_own_quota_get_nothing() -> None:
    lines = price([piece(n, "prefecture", department=OFFICE) for n in range(1, 11)], [SCHEME])
    assert total(lines) == expected(4) == "0.00"
    assert {line.reason for line in lines} == {"exempt"}


def test_office_staff_beyond_their_own_quota_get_the_full_amount() -> None:
    lines = price([piece(n, "prefecture", department=OFFICE) for n in range(1, 14)], [SCHEME])
    assert total(lines) == expected(5) == "150.00"
    assert yuan(lines) == ["0.00"] * 10 + ["50.00"] * 3


def test_a_missing_piece_is_deducted_at_its_rate() -> None:
    fen = shortfall(target=4, delivered=3, rate_fen=5000)
    assert str(fen_to_yuan(fen)) == expected(6) == "-50.00"


def test_a_surplus_is_no_negative_deduction() -> None:
    assert shortfall(target=4, delivered=9, rate_fen=5000) == 0


def test_two_authors_share_equally() -> None:
    assert yuan(price([piece(1, "province", people=2)], [SCHEME])) == expected(7) == ["50.00", "50.00"]


def test_three_authors_share_and_the_odd_fen_goes_to_the_first() -> None:
    lines = price([piece(1, "province", people=3)], [SCHEME])
    assert yuan(lines) == expected(8) == ["33.34", "33.33", "33.33"]


def test_the_same_piece_pays_only_the_highest() -> None:
    lines = price([piece(1, "prefecture", piece="s1"), piece(2, "province", piece="s1")], [SCHEME])
    assert yuan(lines) == expected(9) == ["0.00", "100.00"]
    assert [line.reason for line in lines] == ["superseded", "rule"]
    assert lines[0].inputs["winner"] == 2


def test_there_are_exactly_ten_cases() -> None:
    """A case added to the file needs a test here."""
    assert len(DATA["cases"]) == 10


@pytest.mark.parametrize(("amount", "words"), DATA["capitals"])
def test_capitals_as_the_bank_writes_them(amount: str, words: str) -> None:
    assert capitals(yuan_to_fen(Decimal(amount))) == words


def test_a_tie_is_won_by_the_earlier_piece_and_then_by_the_smaller_number() -> None:
    early, late = piece(5, "national", piece="s1"), piece(9, "province", piece="s1")
    assert yuan(price([late, early], [SCHEME])) == ["100.00", "0.00"]
    twin = Placement(4, "s1", early.published_on, "national", "newspaper", "news", early.authors)
    assert [line.placement_id for line in price([early, twin], [SCHEME]) if line.amount_fen] == [4]


def test_a_paid_page_is_not_rewarded_and_takes_no_reward_from_the_same_piece() -> None:
    lines = price(
        [piece(1, "national", piece="s1", is_paid=True), piece(2, "prefecture", piece="s1")], [SCHEME]
    )
    assert yuan(lines) == ["0.00", "50.00"]
    assert lines[0].reason == "paid_page"


def test_what_no_rule_names_is_explained_and_not_rewarded() -> None:
    (line,) = price([piece(1, "county", "television")], [SCHEME])
    assert (line.amount_fen, line.reason, line.rule_id) == (0, "no_rule", None)


def test_a_piece_is_priced_by_the_version_of_its_day() -> None:
    newer = Scheme(2, date(2024, 1, 10), (Rule(9, 1, 12300),))
    lines = price([piece(8, "county"), piece(9, "county")], [newer, SCHEME])
    assert [(line.scheme_id, line.amount_fen) for line in lines] == [(1, 0), (2, 12300)]


def test_before_the_first_version_nothing_is_rewarded() -> None:
    (line,) = price([piece(1, "national")], [Scheme(1, date(2024, 6, 1), RULES)])
    assert (line.reason, line.scheme_id) == ("no_rule", None)


def test_pieces_without_reward_do_not_use_up_the_office_quota() -> None:
    """Ten county pieces that pay nothing must not make the eleventh, a rewarded one, count as beyond the quota."""
    county = [piece(n, "county", department=OFFICE) for n in range(1, 11)]
    lines = price([*county, piece(11, "prefecture", department=OFFICE)], [SCHEME])
    assert lines[-1].reason == "exempt"
    assert lines[-1].inputs["piece_of_year"] == 1


def test_the_office_quota_starts_anew_each_year() -> None:
    pieces = [piece(n, "prefecture", department=OFFICE) for n in range(1, 11)]
    next_year = Placement(
        99, "p99", date(2025, 1, 2), "prefecture", "newspaper", "news", (Author(1, OFFICE),)
    )
    assert price([*pieces, next_year], [SCHEME])[-1].reason == "exempt"


def test_the_co_author_of_another_department_keeps_the_share() -> None:
    mixed = Placement(
        1, "p1", date(2024, 5, 1), "province", "newspaper", "news", (Author(1, OFFICE), Author(2, NURSING))
    )
    lines = price([mixed], [SCHEME])
    assert [(line.amount_fen, line.reason) for line in lines] == [(0, "exempt"), (5000, "rule")]


def test_cumulative_pays_each_outlet() -> None:
    scheme = Scheme(1, date(2020, 1, 1), RULES, highest_only=False)
    lines = price([piece(1, "prefecture", piece="s1"), piece(2, "province", piece="s1")], [scheme])
    assert yuan(lines) == ["50.00", "100.00"]


def test_the_words_are_those_of_the_ledger() -> None:
    words = {
        calculation.RULE,
        calculation.NO_RULE,
        calculation.PAID_PAGE,
        calculation.EXEMPT,
        calculation.SUPERSEDED,
    }
    assert words <= set(Reason.values)


# --- for any scheme and any year ------------------------------------------------------------------------------

codes = {
    "level": st.sampled_from(["national", "province", "prefecture", "bureau"]),
    "medium": st.sampled_from(["newspaper", "television", "website"]),
    "genre": st.sampled_from(["news", "info"]),
}
some = {name: st.frozensets(one, max_size=2) for name, one in codes.items()}
rules = st.builds(
    lambda amount, levels, media, genres: (amount, levels, media, genres),
    st.integers(0, 20000),
    some["level"],
    some["medium"],
    some["genre"],
)


@st.composite
def schemes(draw: st.DrawFn, highest_only: bool | None = None) -> list[Scheme]:
    found = []
    for number in range(1, draw(st.integers(1, 3)) + 1):
        drawn = draw(st.lists(rules, min_size=1, max_size=5))
        found.append(
            Scheme(
                number,
                date(2024, number * 3, 1),
                tuple(
                    Rule(number * 10 + order, order, amount, levels, media, genres)
                    for order, (amount, levels, media, genres) in enumerate(drawn)
                ),
                highest_only=draw(st.booleans()) if highest_only is None else highest_only,
                exempt={OFFICE: draw(st.integers(0, 3))} if draw(st.booleans()) else {},
            )
        )
    return found


@st.composite
def years(draw: st.DrawFn) -> list[Placement]:
    count = draw(st.integers(0, 12))
    return [
        Placement(
            id=number,
            piece=f"s{draw(st.integers(1, 4))}",
            published_on=date(2024, 1, 1) + timedelta(days=draw(st.integers(0, 365))),
            level=draw(codes["level"]),
            medium=draw(codes["medium"]),
            genre=draw(codes["genre"]),
            authors=tuple(
                Author(person, draw(st.sampled_from([OFFICE, NURSING])))
                for person in draw(st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True))
            ),
            is_paid=draw(st.booleans()),
        )
        for number in range(1, count + 1)
    ]


@given(st.integers(0, 10**9), st.integers(1, 50))
def test_shares_add_up_to_the_whole_and_differ_only_for_the_first(amount: int, authors: int) -> None:
    shares = split(amount, authors)
    assert sum(shares) == amount
    assert len(set(shares[1:])) <= 1
    assert 0 <= shares[0] - shares[-1] < authors


@given(years(), schemes(), st.randoms(use_true_random=False))
@settings(max_examples=200)
def test_the_order_of_arrival_does_not_matter(
    pieces: list[Placement], versions: list[Scheme], chance: object
) -> None:
    mixed = list(pieces)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # a random.Random
    assert price(mixed, list(reversed(versions))) == price(pieces, versions)


@given(years(), schemes())
@settings(max_examples=200)
def test_every_author_of_every_placement_has_exactly_one_line(
    pieces: list[Placement], versions: list[Scheme]
) -> None:
    lines = price(pieces, versions)
    assert [(line.placement_id, line.person_id) for line in lines] == [
        (one.id, author.person_id) for one in pieces for author in one.authors
    ]
    assert all(line.amount_fen >= 0 for line in lines)


@given(years(), schemes(highest_only=True))
@settings(max_examples=200)
def test_highest_only_pays_each_piece_once_and_never_less_than_any_one_outlet_alone(
    pieces: list[Placement], versions: list[Scheme]
) -> None:
    versions = [Scheme(one.id, one.effective_from, one.rules) for one in versions]  # nobody exempt
    lines = price(pieces, versions)
    by_piece = {one.piece: [other for other in pieces if other.piece == one.piece] for one in pieces}
    for ones in by_piece.values():
        ids = {one.id for one in ones}
        paid = sum(line.amount_fen for line in lines if line.placement_id in ids)
        alone = [sum(line.amount_fen for line in price([one], versions)) for one in ones]
        assert paid == max(alone)
