"""Reading a scheme in its YAML form, and issuing it."""

from __future__ import annotations

from datetime import date

import pytest

from plans.models import Category
from plans.states import Counts, Level, Medium
from rewards.models import Rule, SchemeVersion
from rewards.regulation import SchemeRefused, read_scheme
from rewards.schemes import scheme_issue, scheme_load
from rewards.states import VersionState
from tests.factories import Cast
from tests.rewards.factories import SCHEME_FILE, load_scheme, make_category

TEXT = SCHEME_FILE.read_text(encoding="utf-8")


def test_the_hospitals_own_scheme_is_read_whole() -> None:
    reading = read_scheme(TEXT)
    assert reading.name == "新闻报道奖励办法"
    assert [(one.levels, one.media, one.genres, one.amount_fen) for one in reading.rules] == [
        (("national",), (), (), 10000),
        (("province",), (), (), 10000),
        (("prefecture",), ("newspaper", "television"), (), 5000),
        (("bureau",), (), ("info", "brief"), 8000),
    ]
    assert reading.exemption_text == "宣传科工作人员在任务内的用稿不予奖励，超任务按以上标准奖励"


def test_the_shipped_file_is_the_hospitals() -> None:
    shipped = SCHEME_FILE.parents[3] / "rewards" / "data" / "reward-scheme.yaml"
    assert shipped.read_text(encoding="utf-8") == TEXT


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("rules: [", 1),
        ("- a\n- b", 1),
        ("", 1),
        ("document: 办法", 1),
        ("document: 办法\nrules: []", 1),
        ("rules:\n  - {when: {level: 国家}, amount: 100}", 1),
        ("document: 办法\nrules:\n  - {when: {level: 宇宙}, amount: 100}", 1),
        ("document: 办法\nrules:\n  - {when: {planet: 火星}, amount: 100}", 1),
        ("document: 办法\nrules:\n  - {when: {level: 国家}, amount: -5}", 1),
        ("document: 办法\nrules:\n  - {when: {level: 国家}, amount: 0.001}", 1),
        ("document: 办法\nrules:\n  - {when: {level: 国家}, amount: .nan}", 1),
        ("document: 办法\nrules:\n  - {when: {level: 国家}, amount: true}", 1),
        ("document: 办法\nrules:\n  - {when: {level: 国家}, price: 5}", 1),
        (
            "document: 办法\nrules:\n  - {when: {level: 国家}, amount: 5}\n  - {when: {level: [国家]}, amount: 6}",
            1,
        ),
        ("document: 办法\ncurrency: USD\nrules:\n  - {amount: 5}", 1),
        ("document: 办法\nbonus: 3\nrules:\n  - {amount: x}", 2),
        ("a: &a [1]\nb: *a", 1),
        ("x" * 70_000, 1),
        ("document: !!python/object/apply:os.system ['true']", 1),
    ],
)
def test_what_cannot_be_read_is_told_in_sentences(text: str, problems: int) -> None:
    with pytest.raises(SchemeRefused) as refused:
        read_scheme(text)
    assert len(refused.value.messages) == problems


def test_an_amount_with_decimals_is_exact() -> None:
    (rule,) = read_scheme("document: 办法\nrules:\n  - {amount: 33.34}").rules
    assert rule.amount_fen == 3334


def test_issuing_keeps_rules_exemption_and_rates(cast: Cast) -> None:
    make_category()
    make_category("press", "报刊", levels=[], media=[Medium.NEWSPAPER])
    make_category("county-tv", "县电视台", levels=[Level.COUNTY], media=[Medium.TELEVISION])
    Category.objects.update_or_create(code="info", defaults={"name": "信息", "counts": Counts.ACCEPTED})
    version = scheme_load(
        text=TEXT,
        number=3,
        effective_from=date(2026, 1, 1),
        document_number="〔2026〕3号",
        exemptions=[(cast.office, 10)],
        actor=cast.chief,
    )
    assert version.state == VersionState.IN_FORCE
    assert [rule.amount_fen for rule in version.rules.all()] == [10000, 10000, 5000, 8000]
    assert [(one.department, one.quota_per_person) for one in version.exemptions.all()] == [(cast.office, 10)]
    rates = {one.category.code: one.rule.amount_fen for one in version.shortfall_rates.all()}
    # The lowest corresponding standard for newspapers of any level; no standard names county television.
    assert rates.get("press") == 5000
    assert "county-tv" not in rates
    assert "info" not in rates


def test_a_number_or_day_is_taken_once(cast: Cast) -> None:
    load_scheme()
    with pytest.raises(SchemeRefused) as refused:
        load_scheme()
    assert len(refused.value.messages) == 2
    assert SchemeVersion.objects.count() == 1


def test_only_the_chief_issues(cast: Cast) -> None:
    for person in (cast.editor, cast.finance, cast.leader, cast.writer):
        with pytest.raises(SchemeRefused):
            scheme_load(text=TEXT, number=1, effective_from=date(2026, 1, 1), actor=person)
    assert not SchemeVersion.objects.exists()


def test_a_typed_draft_is_issued_once_and_not_without_rules(cast: Cast) -> None:
    version = SchemeVersion.objects.create(name="办法", number=9, effective_from=date(2026, 1, 1))
    with pytest.raises(SchemeRefused):
        scheme_issue(version=version, actor=cast.administrator)
    Rule.objects.create(version=version, order=1, amount_fen=100)
    scheme_issue(version=version, actor=cast.administrator)
    with pytest.raises(SchemeRefused):
        scheme_issue(version=version, actor=cast.administrator)
