"""Documents are what their content says, not what their name says."""

import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from tests.toolkit.test_images import picture
from toolkit.uploads import CheckedFile, DocumentUploadField, UploadRefused, check_document


def office_file(*parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for part in parts:
            archive.writestr(part, "<x/>")
    return target.getvalue()


EVERYTHING = {"pdf", "docx", "xlsx", "pptx", "jpg", "png", "csv", "txt", "doc", "mp4"}


@pytest.mark.parametrize(
    ("name", "content", "extension"),
    [
        ("a.bin", b"%PDF-1.7 ...", "pdf"),
        ("a.pdf", office_file("word/document.xml"), "docx"),
        ("a.zip", office_file("xl/workbook.xml"), "xlsx"),
        ("a.png", picture("JPEG"), "jpg"),
        ("a.csv", "科室,目标\n".encode("gb18030"), "csv"),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....", "doc"),
        ("a.mp4", b"\x00\x00\x00\x18ftypmp42....", "mp4"),
    ],
)
def test_the_content_names_the_kind(name: str, content: bytes, extension: str) -> None:
    checked = check_document(SimpleUploadedFile(name, content), allowed=EVERYTHING)
    assert isinstance(checked, CheckedFile)
    assert (checked.extension, checked.size) == (extension, len(content))


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("凭证.pdf", b"<html><script>alert(1)</script>", "can't be taken here"),
        ("凭证.pdf", b"MZ\x90\x00", "can't be taken here"),
        ("a.csv", b"\x00\x01\x02", "can't be taken here"),
        ("a.pdf", b"PK\x03\x04 broken", "can't be taken here"),
        ("a.xlsx", office_file("xl/workbook.xml", "xl/vbaProject.bin"), "contains macros"),
        ("a.pdf", b"", "empty"),
    ],
)
def test_what_pretends_is_refused(name: str, content: bytes, sentence: str) -> None:
    with translation.override("en"), pytest.raises(UploadRefused, match=sentence):
        check_document(SimpleUploadedFile(name, content), allowed={"pdf", "xlsx", "csv"})


def test_the_form_field_keeps_what_was_found_out() -> None:
    cleaned = DocumentUploadField(allowed=["pdf"]).clean(SimpleUploadedFile("a.pdf", b"%PDF-1.4"))
    assert cleaned.checked.content_type == "application/pdf"
