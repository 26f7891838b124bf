"""Pictures: decoded, bounded, upright, re-encoded, and silent about where they were taken."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings
from django.utils import translation
from PIL import ExifTags, Image

from toolkit.images import UploadRefused, reencode
from toolkit.uploads import ImageUploadField, UploadedImage

COLOURED = {"RGB", "RGBA", "CMYK"}


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (60, 40), mode: str = "RGB", **options: object
) -> bytes:
    target = io.BytesIO()
    Image.new(mode, size, (200, 30, 30, 128)[: len(mode)] if mode in COLOURED else 128).save(
        target, kind, **options
    )
    return target.getvalue()


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


@pytest.mark.parametrize(
    ("kind", "mode", "extension"),
    [
        ("JPEG", "RGB", "jpg"),
        ("JPEG", "CMYK", "jpg"),
        ("JPEG", "L", "jpg"),
        ("PNG", "RGB", "jpg"),
        ("PNG", "RGBA", "png"),
        ("PNG", "I;16", "jpg"),
        ("WEBP", "RGB", "jpg"),
        ("WEBP", "RGBA", "png"),
        ("GIF", "P", "jpg"),
    ],
)
def test_every_common_kind_becomes_jpg_or_png(kind: str, mode: str, extension: str) -> None:
    encoded = reencode(picture(kind, mode=mode))
    assert (encoded.extension, encoded.width, encoded.height) == (extension, 60, 40)
    assert encoded.sha256 == hashlib.sha256(encoded.content).hexdigest()
    assert opened(encoded.content).size == (60, 40)


def test_place_camera_and_comments_are_gone() -> None:
    """A photograph from a phone tells the address of the patient's home."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "PhoneMaker"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (28.0, 13.0, 5.0)
    content = picture(exif=exif.tobytes(), comment=b"at home")
    assert b"PhoneMaker" in content
    encoded = reencode(content)
    assert not opened(encoded.content).getexif()
    assert b"PhoneMaker" not in encoded.content
    assert b"at home" not in encoded.content


def test_a_phone_s_sideways_picture_is_turned_upright() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    encoded = reencode(picture(exif=exif.tobytes()))
    assert (encoded.width, encoded.height) == (40, 60)


def test_a_large_picture_is_made_smaller() -> None:
    encoded = reencode(picture(size=(3000, 1500)), max_side=1200)
    assert (encoded.width, encoded.height) == (1200, 600)


def test_what_was_hidden_behind_the_picture_is_gone() -> None:
    encoded = reencode(picture() + b"<script>alert(1)</script>PK\x03\x04")
    assert b"script" not in encoded.content


@pytest.mark.parametrize(
    "content",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script></html>",
        b"GIF89a/*\x00<script>alert(1)</script>",
        b"\xff\xd8\xff\xe0" + b"\x00" * 50,
        b"%PDF-1.7",
        b"BM" + b"\x00" * 60,
        picture()[: len(picture()) // 2],
        picture("PNG", size=(300, 300))[:-30],
    ],
    ids=["svg", "html", "gif polyglot", "jpeg header", "pdf", "bmp", "half a jpeg", "cut png"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes) -> None:
    with translation.override("en"), pytest.raises(UploadRefused, match="isn't a picture we can read"):
        reencode(SimpleUploadedFile("照片.jpg", content))


def test_an_empty_file_and_one_too_large_are_refused() -> None:
    with translation.override("en"):
        with pytest.raises(UploadRefused, match="empty"):
            reencode(b"")
        with (
            override_settings(UPLOAD_IMAGE_MAX_BYTES=1024 * 1024),
            pytest.raises(UploadRefused, match="1 MB"),
        ):
            reencode(b"\0" * (1024 * 1024 + 1))


def test_a_pixel_bomb_is_refused_before_it_is_decoded() -> None:
    """A few kilobytes that unpack to gigabytes would stop the server for everybody."""
    bomb = picture("PNG", size=(20_000, 15_000), mode="1")
    assert len(bomb) < 100_000
    with translation.override("en"), pytest.raises(UploadRefused, match="too many pixels"):
        reencode(bomb)


def test_the_form_field_gives_a_file_with_a_random_name() -> None:
    cleaned = ImageUploadField().clean(SimpleUploadedFile("../../病人 张三.jpg", picture()))
    assert isinstance(cleaned, UploadedImage)
    assert cleaned.name is not None
    assert len(cleaned.name) == 36
    assert cleaned.name.endswith(".jpg")
    assert (cleaned.width, cleaned.height) == (60, 40)
    assert opened(cleaned.read()).size == (60, 40)
