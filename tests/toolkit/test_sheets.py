"""Tables as hospitals have them, and files made to hurt: read by a child process that may die."""

import io
import zipfile
from collections.abc import Callable
from datetime import date

import docx
import openpyxl
import pytest
from django.test import override_settings
from django.utils import translation

from toolkit.sheets import SheetRefused, read_tables
from toolkit.sheets.reader import Kind


def xlsx(fill: Callable[[openpyxl.Workbook], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def with_part(content: bytes, name: str, replacement: bytes) -> bytes:
    """The same archive with one part added or replaced."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
        new.writestr(name, replacement)
    return target.getvalue()


def small(book: openpyxl.Workbook) -> None:
    book.active.append(["科室", "目标数"])
    book.active.append(["党办", 22])


def test_merged_cells_repeat_their_text_and_say_so() -> None:
    """「党办」 stands once over four lines; each line is a target of 党办."""

    def fill(book: openpyxl.Workbook) -> None:
        sheet = book.active
        sheet.title = "分解表"
        sheet["A1"] = "目标任务"
        sheet.merge_cells("A1:B1")
        sheet["A2"], sheet["B2"], sheet["B3"] = " 党办 ", "22篇信息", 20.0
        sheet.merge_cells("A2:A3")

    (table,) = read_tables(xlsx(fill), kind="xlsx")
    assert table.name == "分解表"
    assert table.texts() == [["目标任务", "目标任务"], ["党办", "22篇信息"], ["党办", "20"]]
    assert [[cell.merged for cell in row] for row in table.rows] == [
        [False, True],
        [False, False],
        [True, False],
    ]
    assert table.rows[2][1].reference == "B3"


def test_numbers_dates_and_spaces_read_as_a_person_sees_them() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.active.append([12.5, date(2026, 3, 8), "\u3000护理部\xa0", True, 1e20])

    (table,) = read_tables(xlsx(fill), kind="xlsx")
    assert table.texts() == [["12.5", "2026-03-08", "护理部", "TRUE", "1e+20"]]


def test_a_stray_cell_far_away_is_refused_quickly_and_a_stray_format_is_ignored() -> None:
    def far(book: openpyxl.Workbook) -> None:
        small(book)
        book.active["XFD1048576"] = "x"

    def coloured(book: openpyxl.Workbook) -> None:
        small(book)
        book.active["XFD1048576"].fill = openpyxl.styles.PatternFill("solid", "FF0000")

    assert refusal(xlsx(far), "xlsx") == "too_many"
    (table,) = read_tables(xlsx(coloured), kind="xlsx")
    assert len(table.rows) == 2


def test_hidden_sheets_are_not_read() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        small(book)
        book.create_sheet("旧表").append(["旧"])
        book["旧表"].sheet_state = "hidden"

    assert [table.name for table in read_tables(xlsx(fill), kind="xlsx")] == ["Sheet"]


def test_word_tables_with_merged_cells_and_the_words_before_them() -> None:
    document = docx.Document()
    document.add_paragraph("附件2")
    document.add_paragraph("目标任务分解表")
    table = document.add_table(3, 3)
    table.cell(0, 0).text = "科室"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "党办"
    table.cell(1, 1).merge(table.cell(1, 2)).text = "22篇"
    document.add_paragraph("附件3")
    document.add_table(1, 1).cell(0, 0).text = "另一张"
    target = io.BytesIO()
    document.save(target)
    first, second = read_tables(target.getvalue(), kind="docx")
    assert first.caption == "附件2\n目标任务分解表"
    assert first.name == "目标任务分解表"
    assert first.texts() == [["科室", "", ""], ["党办", "22篇", "22篇"], ["党办", "", ""]]
    assert first.rows[2][0].merged
    assert first.rows[1][2].merged
    assert not first.rows[1][0].merged
    assert second.texts() == [["另一张"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_in_every_encoding_of_a_chinese_office(encoding: str) -> None:
    (table,) = read_tables('科室,目标数\r\n"党办",22\r\n团支部\r\n\r\n'.encode(encoding), kind="csv")
    assert table.texts() == [["科室", "目标数"], ["党办", "22"], ["团支部", ""]]


def test_csv_from_excel_with_tabs() -> None:
    (table,) = read_tables("科室\t目标数\n党办\t1,000\n".encode(), kind="csv")
    assert table.texts()[1] == ["党办", "1,000"]


def refusal(content: bytes, kind: Kind) -> str:
    """The code of the refusal; its sentence must be one."""
    with translation.override("en"), pytest.raises(SheetRefused) as refused:
        read_tables(content, kind=kind)
    assert refused.value.sentence.endswith(".")
    return str(refused.value.code)


@pytest.mark.parametrize(
    ("content", "kind", "code"),
    [
        (b"", "xlsx", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "xlsx", "old_format"),
        (b"%PDF-1.7", "xlsx", "kind"),
        (b"PK\x03\x04" + b"x" * 100, "xlsx", "damaged"),
        (xlsx(small)[:-200], "xlsx", "damaged"),
        (xlsx(small), "docx", "kind"),
        (xlsx(lambda book: None), "xlsx", "no_table"),
        (with_part(xlsx(small), "xl/vbaProject.bin", b"x"), "xlsx", "macros"),
        (with_part(xlsx(small), "xl/worksheets/sheet1.xml", b"<worksheet><broken"), "xlsx", "damaged"),
        (b"\xff\xfe\x00\xd8", "csv", "encoding"),
        (b"\0\1\2\x80\x81\xff", "csv", "encoding"),
        (b"\n\n", "csv", "no_table"),
        (b"a\n" * 20_001, "csv", "too_many"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_reason(content: bytes, kind: Kind, code: str) -> None:
    assert refusal(content, kind) == code


def test_entities_are_refused() -> None:
    """An .xlsx can name a file of the server, or a word that doubles itself thirty times."""
    laughs = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'
    assert refusal(with_part(xlsx(small), "xl/sharedStrings.xml", laughs), "xlsx") == "damaged"
    assert (
        refusal(with_part(xlsx(small), "xl/sharedStrings.xml", laughs.decode().encode("utf-16")), "xlsx")
        == "damaged"
    )


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (n, n) for n in range(1, 100_000))
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>' + rows
    assert refusal(with_part(xlsx(small), "xl/worksheets/sheet1.xml", sheet), "xlsx") == "too_many"
    zeros = with_part(xlsx(small), "xl/worksheets/sheet1.xml", b" " * (130 * 1024 * 1024))
    assert len(zeros) < 300_000
    assert refusal(zeros, "xlsx") == "too_complex"


def test_a_merged_area_over_the_whole_sheet_ends_in_a_sentence() -> None:
    """Filling seventeen milliard cells takes all memory there is; the child may not have it."""
    content = xlsx(small)
    sheet = zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml")
    merged = sheet.replace(
        b"</sheetData>", b'</sheetData><mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    )
    assert refusal(with_part(content, "xl/worksheets/sheet1.xml", merged), "xlsx") in (
        "too_many",
        "too_complex",
    )


@override_settings(SHEET_SECONDS=0)
def test_a_file_that_takes_too_long_is_given_up() -> None:
    assert refusal(xlsx(small), "xlsx") == "too_complex"


@override_settings(UPLOAD_FILE_MAX_BYTES=1024 * 1024)
def test_a_file_too_large_never_reaches_the_child() -> None:
    assert refusal(b"PK\x03\x04" + b"\0" * (1024 * 1024), "xlsx") == "file_too_large"


def test_the_largest_table_we_promise_is_read() -> None:
    def fill(book: openpyxl.Workbook) -> None:
        for number in range(5_000):
            book.active.append([f"科室{number}", "信息", number, "备注" * 5])

    (table,) = read_tables(xlsx(fill), kind="xlsx")
    assert len(table.rows) == 5_000
    assert table.rows[-1][2].text == "4999"
