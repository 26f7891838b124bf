"""刊用凭证 as they come in: a picture, which is encoded anew, or a PDF, which only ever leaves as a download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _

from toolkit.images import reencode
from toolkit.uploads import UploadRefused, check_document

# Newspaper pages are read from their scans: larger than a picture for the web.
LONGEST_SIDE = 3200
PDF_HEADER = b"%PDF-"


@dataclass(frozen=True)
class Proof:
    """A file ready to be stored: `name` as the person knew it, `extension` without a dot, `sha256` in hex."""

    name: str
    content: bytes
    content_type: str
    extension: str
    sha256: str


def read_proof(upload: Any) -> Proof:
    """Judge an uploaded file by its content. Raises UploadRefused with a sentence."""
    name = PurePath(str(getattr(upload, "name", "") or "")).name
    upload.seek(0)
    is_pdf = upload.read(len(PDF_HEADER)) == PDF_HEADER
    upload.seek(0)
    return _pdf(upload, name) if is_pdf else _picture(upload, name)


def _pdf(upload: Any, name: str) -> Proof:
    checked = check_document(upload, allowed={"pdf"})
    upload.seek(0)
    return Proof(_named(name, "pdf"), upload.read(), checked.content_type, "pdf", checked.sha256)


def _picture(upload: Any, name: str) -> Proof:
    try:
        image = reencode(upload, max_side=LONGEST_SIDE)
    except UploadRefused as refused:
        if getattr(refused, "code", "") != "unreadable":
            raise
        raise UploadRefused(
            _("“%(name)s” is neither a picture (JPG, PNG, WebP, GIF) nor a PDF that can be read.")
            % {"name": name},
            code="unreadable",
        ) from None
    return Proof(
        _named(name, image.extension), image.content, image.content_type, image.extension, image.sha256
    )


def _named(name: str, extension: str) -> str:
    """The person's name for the file with the extension its content has now; never longer than the column."""
    return f"{PurePath(name).stem[:150] or 'proof'}.{extension}"
