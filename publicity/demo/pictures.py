"""Calm invented pictures: a graded sky, hills, soft lights; and sheets that look like a scanned page."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

SIZE = (960, 640)
SMALL = (240, 160)  # drawn small and enlarged: soft edges for a quarter of the time
PALETTES = (
    ((214, 232, 230), (11, 110, 110)),
    ((250, 232, 208), (196, 120, 74)),
    ((222, 230, 244), (78, 104, 156)),
    ((234, 242, 218), (98, 142, 84)),
    ((248, 222, 226), (178, 92, 110)),
    ((240, 236, 226), (132, 112, 88)),
)
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Drawn:
    content: bytes
    width: int
    height: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def landscape(rng: random.Random) -> Drawn:
    """A JPEG of some 20 KB."""
    light, dark = rng.choice(PALETTES)
    image = _graded(light, _mixed(light, dark, 0.35))
    draw = ImageDraw.Draw(image, "RGBA")
    for _light in range(rng.randint(3, 6)):
        x, y, radius = rng.randint(0, SMALL[0]), rng.randint(0, 90), rng.randint(6, 26)
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius), fill=(255, 255, 255, rng.randint(40, 110))
        )
    for layer in range(3):
        share = 0.35 + 0.25 * layer
        draw.polygon(_hill(rng, 92 + 20 * layer), fill=(*_mixed(light, dark, share), 235))
    image = image.filter(ImageFilter.GaussianBlur(0.8)).resize(SIZE, Image.Resampling.BICUBIC)
    return _jpeg(image)


def scanned_page(rng: random.Random) -> Drawn:
    """A page of grey lines in columns around a picture, as proof of a placement."""
    image = Image.new("RGB", (620, 860), (248, 246, 240))
    draw = ImageDraw.Draw(image)
    draw.rectangle((40, 40, 580, 84), fill=(70, 70, 70))
    draw.rectangle((40, 104, rng.randint(380, 560), 132), fill=(120, 120, 120))
    light, dark = rng.choice(PALETTES)
    draw.rectangle((40, 160, 400, 400), fill=_mixed(light, dark, 0.3))
    draw.polygon(
        [(40, 400), (40, 330), (180, 250), (290, 340), (400, 290), (400, 400)], fill=_mixed(light, dark, 0.7)
    )
    for column, top in ((40, 430), (230, 430), (420, 160)):
        for y in range(top, 810, 14):
            draw.line((column, y, column + rng.randint(110, 160), y), fill=(168, 166, 160), width=4)
    return _jpeg(image)


def _graded(top: Colour, bottom: Colour) -> Image.Image:
    mask = Image.linear_gradient("L").resize(SMALL)
    return Image.composite(Image.new("RGB", SMALL, bottom), Image.new("RGB", SMALL, top), mask)


def _hill(rng: random.Random, height: int) -> list[tuple[int, int]]:
    width, bottom = SMALL
    ridge = [(x, height + rng.randint(-16, 12)) for x in range(0, width + 41, 40)]
    return [(0, bottom), *ridge, (width, bottom)]


def _mixed(light: Colour, dark: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(light, dark, strict=True))
    return red, green, blue


def _jpeg(image: Image.Image) -> Drawn:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=80)
    return Drawn(buffer.getvalue(), *image.size)
