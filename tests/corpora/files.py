"""Hostile files by name. Each is a function, so that none is made before it is wanted."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable
from io import BytesIO

from PIL import Image

CANARY = b"<script>window.hurt=1</script>"


def jpeg(width: int = 60, height: int = 40, **options: object) -> bytes:
    target = BytesIO()
    Image.new("RGB", (width, height), "#0b6e6e").save(target, "JPEG", **options)  # type: ignore[arg-type]
    return target.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int = 50_000, height: int = 50_000) -> bytes:
    """2.5 gigapixels of one colour in some kilobytes: the header alone must be enough to refuse it."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + _chunk(b"IEND", b"")  # fmt: skip


def svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg" onload="window.hurt=1">' + CANARY + b"</svg>"


def truncated() -> bytes:
    return jpeg(800, 600)[:900]


def jpeg_with_place() -> bytes:
    """A photograph whose EXIF says where it was taken and by whom."""
    exif = Image.Exif()
    exif[0x010E] = "患者张三 13912345678"
    exif[0x8825] = {1: "N", 2: (30.0, 16.0, 12.0), 3: "E", 4: (109.0, 29.0, 3.0)}
    return jpeg(exif=exif.tobytes())


def polyglot_jpeg() -> bytes:
    """A picture, a page and an archive in one."""
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("index.html", CANARY)
    return jpeg() + CANARY + archive.getvalue()


def gif_script() -> bytes:
    return b"GIF89a/*" + CANARY + b"*/=1;"


IMAGES_REFUSED: dict[str, Callable[[], bytes]] = {
    "bomb": png_bomb,
    "svg": svg,
    "truncated": truncated,
    "gif_script": gif_script,
    "html": lambda: CANARY,
    "empty": lambda: b"",
    "half_a_header": lambda: b"\x89PNG\r\n\x1a\n\0\0",
}
IMAGES_CLEANED: dict[str, Callable[[], bytes]] = {
    "place": jpeg_with_place,
    "polyglot": polyglot_jpeg,
}


# --- office files -------------------------------------------------------------------------------------------------

CONTENT = "http://schemas.openxmlformats.org/package/2006/content-types"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPES = (
    f'<?xml version="1.0"?><Types xmlns="{CONTENT}"><Default Extension="rels" '
    'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.'
    'openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
)
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def xlsx(sheet: bytes | str, **more: bytes) -> bytes:
    """A workbook of one sheet whose XML is given as it stands."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", TYPES)
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        )
        book.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in more.items():
            book.writestr(name, content)
    return target.getvalue()


def sheet_of(rows: str) -> str:
    return f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'


def billion_cells() -> bytes:
    """Two cells at far corners: 10^9 and more between them."""
    return xlsx(
        sheet_of(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        )
    )


def many_rows() -> bytes:
    """A million rows of text that compress to a few megabytes."""
    row = '<row><c t="inlineStr"><is><t>宣传信息任务</t></is></c><c><v>1</v></c></row>'
    return xlsx(sheet_of(row * 1_000_000))


def zip_bomb() -> bytes:
    """400 MB of one letter in one part."""
    return xlsx(sheet_of(""), **{"xl/sharedStrings.xml": b"<sst>" + b"A" * 400_000_000 + b"</sst>"})


def laughing_entities() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return xlsx(
        f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY l0 "ha">{entities}]><worksheet xmlns="{MAIN}"><sheetData><row><c t="inlineStr"><is><t>&l9;</t></is></c></row></sheetData></worksheet>'
    )


def macro() -> bytes:
    return xlsx(sheet_of(""), **{"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"})


def huge_merge() -> bytes:
    return xlsx(
        f'<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'
        '<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells></worksheet>'
    )


SHEETS_REFUSED: dict[str, Callable[[], bytes]] = {
    "billion_cells": billion_cells,
    "many_rows": many_rows,
    "zip_bomb": zip_bomb,
    "laughing_entities": laughing_entities,
    "macro": macro,
    "huge_merge": huge_merge,
    "no_zip": lambda: b"PK\x03\x04" + b"\0" * 200,
    "old": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
    "page": lambda: CANARY,
}
