"""Pictures are never served as they came: decoded within bounds, turned upright, re-encoded without metadata."""

from __future__ import annotations

import hashlib
import struct
import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

from toolkit.refusals import UploadRefused, noted

__all__ = ["EncodedImage", "UploadRefused", "reencode"]

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
# What Pillow's decoders are known to raise on files that aren't what they claim to be.
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    struct.error,
    OverflowError,
)


@dataclass(frozen=True)
class EncodedImage:
    """`extension` is "jpg" or "png"; width and height in pixels; `sha256` of `content`, in hex."""

    content: bytes
    extension: str
    width: int
    height: int
    sha256: str

    @property
    def content_type(self) -> str:
        return "image/jpeg" if self.extension == "jpg" else "image/png"


@noted("image")
def reencode(upload: IO[bytes] | bytes | Any, *, max_side: int = 2000) -> EncodedImage:
    """Decode a picture by its content and write it anew, at most `max_side` pixels wide or high.

    Takes bytes or anything with read(). Photographs become JPEG, pictures with transparency PNG; only the first
    frame of an animation is kept; EXIF (and with it the place) is gone. Raises UploadRefused.
    """
    content = read_bounded(upload, _max_bytes())
    try:
        with warnings.catch_warnings():
            # Our own bound, checked from the header, is lower than Pillow's warning.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            _verify(content)
            picture = _decode(content, max_side)
    except Image.DecompressionBombError:
        raise _too_many_pixels() from None
    except DECODER_ERRORS:
        raise UploadRefused(
            _(
                "This isn't a picture we can read. Please choose a JPG, PNG, WebP or GIF file that opens on your "
                "own phone or computer."
            ),
            code="unreadable",
        ) from None
    return _encode(picture)


def read_bounded(upload: IO[bytes] | bytes | Any, most: int) -> bytes:
    """The file's bytes, refusing what is empty or larger than `most` without reading all of it."""
    if isinstance(upload, bytes):
        content = upload
    else:
        upload.seek(0)
        content = upload.read(most + 1)
        upload.seek(0)
    if not content:
        raise UploadRefused(_("The file is empty. Please choose another."), code="empty")
    if len(content) > most:
        raise UploadRefused(
            _("The file is larger than %(size)s MB. Please choose a smaller one.")
            % {"size": most // 1024 // 1024},
            code="too_large",
        )
    return content


def _max_bytes() -> int:
    return int(getattr(settings, "UPLOAD_IMAGE_MAX_BYTES", 20 * 1024 * 1024))


def _too_many_pixels() -> UploadRefused:
    return UploadRefused(
        _(
            "The picture has too many pixels. Please make it smaller, for instance by sending it as a normal "
            "(not original) picture."
        ),
        code="too_many_pixels",
    )


def _verify(content: bytes) -> None:
    """Check header and checksums without decoding a pixel; the size bound comes first of all."""
    with Image.open(BytesIO(content), formats=FORMATS) as picture:
        width, height = picture.size
        if width * height > getattr(settings, "IMAGE_MAX_PIXELS", 50_000_000):
            raise _too_many_pixels()
        picture.verify()


def _decode(content: bytes, max_side: int) -> Image.Image:
    """The upright, bounded picture in mode RGB, or RGBA when something in it is transparent."""
    picture: Image.Image = Image.open(BytesIO(content), formats=FORMATS)
    # A JPEG can be decoded at a fraction of its size: a 50-megapixel photograph then costs little memory.
    picture.draft("RGB", (max_side, max_side))
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    transparent = "A" in picture.getbands() or "transparency" in picture.info
    picture = picture.convert("RGBA" if transparent else "RGB")
    picture.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    # Comments, colour profiles and text chunks live here and would be written out again.
    picture.info.clear()
    return picture


def _encode(picture: Image.Image) -> EncodedImage:
    target = BytesIO()
    if picture.mode == "RGBA":
        extension = "png"
        picture.save(target, "PNG", optimize=True)
    else:
        extension = "jpg"
        picture.save(target, "JPEG", quality=85, optimize=True, progressive=True)
    content = target.getvalue()
    return EncodedImage(content, extension, *picture.size, hashlib.sha256(content).hexdigest())
