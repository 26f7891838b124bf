"""Workbooks that leave: finance can add them up, and no cell is a formula somebody smuggled in."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.utils import translation

from toolkit.sheets.writer import Workbook, csv_safe, percent, yuan


def read_back(book: Workbook) -> Any:
    return openpyxl.load_workbook(io.BytesIO(book.content()))


@pytest.mark.parametrize("large", [False, True])
def test_numbers_dates_and_words_leave_as_what_they_are(large: bool) -> None:
    book = Workbook(large=large)
    sheet = book.sheet("汇总", heading="2026年奖励", columns=["工号", "姓名", "金额", "篇数", "日期", "比例"])
    moment = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)
    sheet.row([book.text("0231"), "李娜", yuan(140950), 3, moment, percent(0.5)])
    sheet.row(["0232", "孙悦", book.yuan(None), Decimal("2.5"), date(2026, 1, 2), None])
    sheet.total(["合计", "", yuan(140950), 3])
    sheet.line("人民币壹仟肆佰零玖元伍角")
    cells = read_back(book)["汇总"]
    assert [cell.value for cell in cells[3]] == ["0231", "李娜", 1409.5, 3, datetime(2026, 10, 1), 0.5]
    assert [cell.value for cell in cells[4]] == ["0232", "孙悦", None, 2.5, datetime(2026, 1, 2), None]
    assert cells["C3"].number_format == "#,##0.00"
    assert cells["D3"].number_format == "#,##0"
    assert cells["A6"].value == "人民币壹仟肆佰零玖元伍角"


@pytest.mark.parametrize(
    "words", ["=1+1", "+86 138", "-3", "@SUM(A1)", "\t=1", "\r=1", "http://x.example", "=cmd|' /C calc'!A0"]
)
def test_a_person_s_words_never_run(words: str) -> None:
    book = Workbook()
    book.sheet("s", columns=["=HYPERLINK(1)"]).row([words])
    cells = read_back(book)["s"]
    assert cells["A2"].data_type == "s"
    assert cells["A2"].hyperlink is None
    assert cells["A1"].data_type == "s"


def test_csv_text_that_would_run_gets_an_apostrophe() -> None:
    assert csv_safe("=1+1") == "'=1+1"
    assert csv_safe("  @x") == "'  @x"
    assert csv_safe("＝1") == "'＝1"
    assert csv_safe("护理部") == "护理部"
    assert csv_safe(None) == ""


def test_the_sheet_prints_on_a4_with_page_numbers_and_its_head_on_every_page() -> None:
    book = Workbook()
    with translation.override("en"):
        book.sheet("表", heading="标题", columns=["a", "b"]).row([1, 2])
    sheet = read_back(book)["表"]
    assert sheet.page_setup.paperSize == 9
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.page_setup.fitToHeight == 0
    assert sheet.print_title_rows == "$1:$2"
    assert sheet.freeze_panes == "A3"
    assert sheet.oddFooter.center.text == "Page &P of &N"


def test_chinese_columns_are_wide_enough_to_read() -> None:
    book = Workbook()
    book.sheet("表", columns=["科", "n"], widths={1: 30}).row(["妇产科住院部", 1])
    sheet = read_back(book)["表"]
    assert 13.5 < sheet.column_dimensions["A"].width < 15.5
    assert 29 < sheet.column_dimensions["B"].width < 31.5


def test_sheet_names_excel_would_refuse_are_made_fit() -> None:
    book = Workbook()
    for name in ("党办/团支部", "党办/团支部", "长" * 40, ""):
        book.sheet(name, columns=["a"])
    assert read_back(book).sheetnames == ["党办 团支部", "党办 团支部 (2)", "长" * 31, "Sheet"]
