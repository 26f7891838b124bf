"""Files people send: judged by content, never by name, and refused with a sentence."""

from __future__ import annotations

import hashlib
import uuid
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from toolkit.images import DECODER_ERRORS, Image, read_bounded, reencode
from toolkit.refusals import UploadRefused, noted

__all__ = [
    "CheckedFile",
    "DocumentUploadField",
    "ImageUploadField",
    "UploadRefused",
    "UploadedImage",
    "check_document",
]

CONTENT_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "doc": "application/msword",
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "gif": "image/gif",
    "csv": "text/csv",
    "txt": "text/plain",
    "mp4": "video/mp4",
}
ZIP_PARTS = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "pptx": "ppt/presentation.xml"}
IMAGE_EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif"}
OLE_HEADER = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@dataclass(frozen=True)
class CheckedFile:
    """What a file really is: `extension` without a dot, `sha256` in hex, `size` in bytes."""

    content_type: str
    extension: str
    sha256: str
    size: int


@noted("file")
def check_document(upload: IO[bytes] | Any, *, allowed: Collection[str]) -> CheckedFile:
    """Name a file by its content. `allowed` holds extensions ("pdf", "docx", "xlsx", "jpg", "csv" …).

    The name decides only between kinds the content can't tell apart (txt or csv). Raises UploadRefused.
    """
    content = read_bounded(upload, max_document_bytes())
    extension = _kind_of(content, named=str(getattr(upload, "name", "") or "").rpartition(".")[2].lower())
    if extension == "macro":
        raise UploadRefused(
            _(
                "The file contains macros. Please save it without macros (.xlsx or .docx) and choose it again."
            ),
            code="macro",
        )
    if extension not in allowed:
        raise UploadRefused(
            _("This kind of file can't be taken here. Allowed: %(kinds)s.")
            % {"kinds": ", ".join(sorted(allowed))},
            code="kind",
        )
    return CheckedFile(CONTENT_TYPES[extension], extension, hashlib.sha256(content).hexdigest(), len(content))


def max_document_bytes() -> int:
    return int(getattr(settings, "UPLOAD_FILE_MAX_BYTES", 20 * 1024 * 1024))


def _kind_of(content: bytes, *, named: str) -> str:
    """The extension the content deserves; "" when we don't know it."""
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _zip_kind(content)
    if content.startswith(OLE_HEADER):
        return "doc" if named == "doc" else ""
    if content[4:8] == b"ftyp":
        return "mp4"
    return _image_kind(content) or _text_kind(content, named)


def _zip_kind(content: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return ""
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return "macro"
    return next((kind for kind, part in ZIP_PARTS.items() if part in names), "")


def _image_kind(content: bytes) -> str:
    try:
        with Image.open(BytesIO(content), formats=tuple(IMAGE_EXTENSIONS)) as picture:
            picture.verify()
            return IMAGE_EXTENSIONS[str(picture.format)]
    except (*DECODER_ERRORS, Image.DecompressionBombError):
        return ""


def _text_kind(content: bytes, named: str) -> str:
    if named not in ("csv", "txt") or b"\0" in content:
        return ""
    for encoding in ("utf-8", "gb18030"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return named
    return ""


class UploadedImage(ContentFile):
    """A re-encoded picture, ready for a FileField: a random name, and what it is."""

    def __init__(self, upload: Any, *, max_side: int) -> None:
        encoded = reencode(upload, max_side=max_side)
        super().__init__(encoded.content, name=f"{uuid.uuid4().hex}.{encoded.extension}")
        self.encoded = encoded
        self.width = encoded.width
        self.height = encoded.height
        self.sha256 = encoded.sha256
        self.content_type = encoded.content_type
        self.original_name = str(getattr(upload, "name", "") or "")[:200]


class ImageUploadField(forms.FileField):
    """Cleans to an UploadedImage: decoded, bounded, re-encoded, without EXIF."""

    def __init__(self, *args: Any, max_side: int = 2000, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget", forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/gif"})
        )
        super().__init__(*args, **kwargs)
        self.max_side = max_side

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if not isinstance(upload, UploadedFile):
            return upload
        return UploadedImage(upload, max_side=self.max_side)


class DocumentUploadField(forms.FileField):
    """Cleans to the uploaded file with a `checked: CheckedFile` that says what it really is."""

    default_error_messages = {"empty": gettext_lazy("The file is empty. Please choose another.")}

    def __init__(self, *args: Any, allowed: Collection[str] = ("pdf",), **kwargs: Any) -> None:
        accept = ",".join("." + kind for kind in allowed)
        kwargs.setdefault("widget", forms.FileInput(attrs={"accept": accept}))
        super().__init__(*args, **kwargs)
        self.allowed = frozenset(allowed)

    def clean(self, data: Any, initial: Any = None) -> Any:
        upload = super().clean(data, initial)
        if isinstance(upload, UploadedFile):
            upload.checked = check_document(upload, allowed=self.allowed)  # type: ignore[attr-defined]  # read by the service that stores it
        return upload
