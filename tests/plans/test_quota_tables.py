"""Reading the hospital's real quota table, and every way a cell of it may be written."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plans.numerals import parse_number, to_chinese
from plans.quota_tables import NoTable, SourceRow, extract, read_rows
from plans.quota_words import MONTH, YEAR, QuotaLine, Unreadable, parse_item, parse_total, render, split_items
from toolkit.sheets import Table, read_tables

DATA = Path(__file__).parent / "data"


def expected() -> list[tuple[str, str, int, str, str]]:
    with (DATA / "quota-table-2024.expected.csv").open(encoding="utf-8-sig", newline="") as file:
        return [
            (row["department"], row["category"], int(row["target"]), row["period"], row["note"])
            for row in csv.DictReader(file)
        ]


@dataclass
class Cell:
    text: str
    row: int
    merged: bool = False


def table(*rows: list[str]) -> Table:
    return Table("表", [[Cell(text, number) for text in row] for number, row in enumerate(rows, 1)])  # type: ignore[misc]  # the parser asks for text and row only


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_the_real_table_reads_as_expected(kind: str) -> None:
    """Otherwise a hospital's 78 items would come in wrong on the first day."""
    [found] = extract(read_tables((DATA / f"quota-table-2024.{kind}").read_bytes(), kind=kind))  # type: ignore[arg-type]  # literal of parametrize
    read = read_rows(found.rows)
    assert read.problems == []
    lines = [(x.department, x.category, x.target, x.period, x.note) for x in read.lines]
    assert lines == expected()
    assert len(lines) == 28
    assert read.sums()["信息"] == 78
    assert parse_total(found.total) == {"信息": 78}


@pytest.mark.parametrize("kind", ["xlsx", "docx"])
def test_parts_in_the_notes_become_sub_quotas(kind: str) -> None:
    [found] = extract(read_tables((DATA / f"quota-table-2024.{kind}").read_bytes(), kind=kind))  # type: ignore[arg-type]  # literal of parametrize
    parts = {(x.department, x.category): x.parts for x in read_rows(found.rows).lines if x.parts}
    assert parts == {
        ("党办", "县电视台新闻报道"): (("新闻", 12), ("专题", 4)),
        ("基保科", "信息"): (("群众宣传活动", 5),),
    }


@pytest.mark.parametrize(
    "text, category, target, period, parts",
    [
        ("22篇信息", "信息", 22, YEAR, ()),
        ("２２篇信息", "信息", 22, YEAR, ()),
        ("十二篇信息", "信息", 12, YEAR, ()),
        ("一百零五篇信息", "信息", 105, YEAR, ()),
        ("1,200篇信息", "信息", 1200, YEAR, ()),
        ("信息：12篇", "信息", 12, YEAR, ()),
        ("全年12篇信息", "信息", 12, YEAR, ()),
        ("20（报刊新闻报道）", "报刊新闻报道", 20, YEAR, ()),
        ("20篇（报刊新闻报道）", "报刊新闻报道", 20, YEAR, ()),
        ("20(报刊新闻报道)", "报刊新闻报道", 20, YEAR, ()),
        ("微博每月10条", "微博", 10, MONTH, ()),
        ("每月10条微博", "微博", 10, MONTH, ()),
        ("5次/年健康讲座", "健康讲座", 5, YEAR, ()),
        ("三八节宣传3次", "三八节宣传", 3, YEAR, ()),
        ("12 篇 信息（其中 5 次群众宣传活动）", "信息", 12, YEAR, (("群众宣传活动", 5),)),
        ("12篇信息（其中：活动五次，讲座２次）", "信息", 12, YEAR, (("活动", 5), ("讲座", 2))),
        ("12篇科普文章（三八节专题）", "科普文章", 12, YEAR, ()),
    ],
)
def test_a_target_is_read_however_it_is_written(
    text: str, category: str, target: int, period: str, parts: tuple[tuple[str, int], ...]
) -> None:
    line = parse_item(text)
    assert (line.category, line.target, line.period, line.parts) == (category, target, period, parts)


@pytest.mark.parametrize(
    "text, code",
    [
        ("若干篇信息", "unreadable"),
        ("若干", "unreadable"),
        ("22", "no_category"),
        ("22篇", "no_category"),
        ("-5篇信息", "negative"),
        ("－5篇信息", "negative"),
        ("0篇信息", "zero"),
        ("零篇信息", "zero"),
        ("2.5篇信息", "not_whole"),
        ("3-5篇信息", "range"),
        ("信息每周2篇", "period"),
        ("每季度2篇信息", "period"),
        ("999999篇信息", "too_large"),
        ("12篇信息（其中20次活动）", "parts_above"),
        ("12篇信息（其中活动3次，活动2次）", "duplicate_part"),
        ("12篇" + "信息" * 30, "too_long"),
        ("", "unreadable"),
    ],
)
def test_what_is_no_target_is_named_for_what_it_is(text: str, code: str) -> None:
    """A target silently read as something else would be owed by a department all year."""
    with pytest.raises(Unreadable) as refusal:
        parse_item(text)
    assert refusal.value.code == code


def test_several_targets_in_one_cell() -> None:
    assert split_items("22篇信息\n20（报刊新闻报道）；微博每月10条") == [
        "22篇信息",
        "20（报刊新闻报道）",
        "微博每月10条",
    ]
    assert split_items("22篇信息，微博每月10条") == ["22篇信息", "微博每月10条"]
    assert split_items("12篇信息（其中5次活动，2次讲座）") == ["12篇信息（其中5次活动，2次讲座）"]
    assert split_items("1,200篇信息") == ["1,200篇信息"]


@pytest.mark.parametrize(
    "header, code",
    [(["名称", "目标数"], "no_department"), (["科室", "备注"], "no_target"), (["甲", "乙"], "no_table")],
)
def test_a_missing_column_is_named(header: list[str], code: str) -> None:
    with pytest.raises(NoTable) as refusal:
        extract([table(["2024年目标"], header, ["院办", "3篇信息"])])
    assert refusal.value.code == code


def test_other_headings_are_understood_and_a_repeated_header_is_skipped() -> None:
    [found] = extract([table(["部门", "任务"], ["院办", "3篇信息"], ["部门", "任务"], ["总计", "3篇"])])
    assert [(row.row, row.department, row.text) for row in found.rows] == [(2, "院办", "3篇信息")]
    assert parse_total(found.total) == {"": 3}


def test_two_tables_with_the_header_are_both_found() -> None:
    one = table(["科室", "目标数"], ["院办", "3篇信息"])
    assert len(extract([one, table(["说明"]), one])) == 2


def test_an_empty_department_cell_belongs_to_the_one_above() -> None:
    read = read_rows([SourceRow(2, "党办", "22篇信息"), SourceRow(3, "", "微博每月10条")])
    assert [(line.department, line.category) for line in read.lines] == [("党办", "信息"), ("党办", "微博")]


def test_a_department_that_comes_twice_is_a_problem_of_its_second_row() -> None:
    rows = [SourceRow(2, "院办", "3篇信息"), SourceRow(3, "党办", "2篇信息"), SourceRow(4, "院办", "5条微博")]
    read = read_rows(rows)
    assert [(x.row, x.code, x.values["first"]) for x in read.problems] == [(4, "duplicate_department", 2)]
    assert len(read.lines) == 2


def test_the_same_category_twice_for_one_department_is_a_problem() -> None:
    read = read_rows([SourceRow(2, "院办", "3篇信息"), SourceRow(3, "院办", "5篇信息")])
    assert [(x.row, x.code) for x in read.problems] == [(3, "duplicate_category")]


def test_a_first_row_without_department_is_a_problem() -> None:
    assert [x.code for x in read_rows([SourceRow(2, "", "3篇信息")]).problems] == ["no_department_name"]


names = st.text("信息微博科普文章新闻报道专题活动简讯宣传讲座", min_size=2, max_size=8)
units = st.sampled_from(["篇", "条", "次", "期"])


@given(
    names,
    st.integers(1, 9999),
    st.sampled_from([YEAR, MONTH]),
    units,
    st.lists(names, unique=True, max_size=3),
)
def test_what_is_written_reads_back_the_same(
    category: str, target: int, period: str, unit: str, labels: list[str]
) -> None:
    """Otherwise a table that left the system would come back as another."""
    parts = tuple((label, 1) for label in labels[:target])
    note = "其中" + "，".join(f"{label}1次" for label, _ in parts) if parts else ""
    line = QuotaLine(0, "", "", category, target, period, note, parts, unit)
    read = parse_item(render(line))
    assert (read.category, read.target, read.period, read.note, read.parts, read.unit) == (
        category, target, period, note, parts, unit,
    )  # fmt: skip


@given(st.integers(0, 99_999_999))
def test_numerals_read_back_as_the_number(value: int) -> None:
    assert parse_number(to_chinese(value)) == value
    assert parse_number(str(value)) == value
    assert parse_number(f"{value:,}") == value


@pytest.mark.parametrize("text", ["三八", "十十", "百", "一二三", "", "12a", "-1", "万十"])
def test_ill_formed_numerals_are_no_numbers(text: str) -> None:
    assert parse_number(text) is None


@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fall_over(text: str) -> None:
    """A cell may hold anything; the answer is targets or problems, never a crash."""
    read = read_rows([SourceRow(2, "院办", text)])
    assert all(line.target >= 1 for line in read.lines)
