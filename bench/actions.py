"""What people wait for besides pages: autosave, a picture, settling a year, a large workbook.

python -m bench.actions 10000     on a database that bench.pages has filled; prints JSON
"""

from __future__ import annotations

import json
import os
import statistics
import time
import uuid
from collections.abc import Callable
from datetime import date
from io import BytesIO
from typing import Any

TIMES = 20
SHEET_ROWS = 100_000
SHEET_COLUMNS = 12


def timed(call: Callable[[], Any], times: int) -> float:
    """The median of as many calls, in seconds."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        call()
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def action(name: str, call: Callable[[], Any], *, times: int = 1, note: str = "") -> dict[str, Any]:
    return {"name": name, "seconds": timed(call, times), "note": note or f"p50 of {times}" * (times > 1)}


def autosave(client: Any) -> Callable[[], None]:
    """One save of a growing text of 3,000 characters, through the whole of Django."""
    from django.urls import reverse

    from bench.build import TEXT

    key, state = str(uuid.uuid4()), {"version": 0}

    def save() -> None:
        data = {
            "form_key": key,
            "version": state["version"],
            "title": f"自动保存{state['version']}",
            "genre": "news",
            "body": TEXT * 60,
        }
        answer = client.post(reverse("drafts:autosave"), data)
        if answer.status_code != 200:
            raise SystemExit(f"autosave: {answer.status_code} {answer.content[:300]!r}")
        state["version"] = answer.json()["version"]

    return save


def picture(client: Any) -> Callable[[], None]:
    """A phone's photograph: 12 megapixels of noise are as hard as a picture gets."""
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.urls import reverse
    from PIL import Image

    target = BytesIO()
    Image.effect_noise((4000, 3000), 40).convert("RGB").save(target, "JPEG", quality=85)
    content, key = target.getvalue(), uuid.uuid4()

    def send() -> None:
        sent = SimpleUploadedFile("photo.jpg", content, "image/jpeg")
        answer = client.post(reverse("drafts:upload", args=[key]), {"upload": sent})
        if answer.status_code != 200:
            raise SystemExit(f"upload: {answer.status_code} {answer.content[:300]!r}")

    return send


def our_sheet() -> None:
    from toolkit.sheets.writer import Workbook, yuan

    book = Workbook(title="bench", large=True)
    sheet = book.sheet("明细", columns=[f"列{number}" for number in range(SHEET_COLUMNS)])
    for number in range(SHEET_ROWS):
        sheet.row([number, "李娜", date(2026, 3, 1), yuan(5000), *["夜间透析门诊开诊"] * (SHEET_COLUMNS - 4)])
    book.content()


def plain_sheet() -> None:
    """The same cells written with XlsxWriter alone, without formats."""
    import xlsxwriter

    book = xlsxwriter.Workbook(BytesIO(), {"constant_memory": True})
    sheet, form = book.add_worksheet("明细"), book.add_format({"num_format": "yyyy-mm-dd"})
    for number in range(SHEET_ROWS):
        sheet.write_number(number, 0, number)
        sheet.write_string(number, 1, "李娜")
        sheet.write_datetime(number, 2, date(2026, 3, 1), form)
        sheet.write_number(number, 3, 50)
        for column in range(4, SHEET_COLUMNS):
            sheet.write_string(number, column, "夜间透析门诊开诊")
    book.close()


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    from django.utils import timezone

    from bench.pages import Visitors
    from rewards.ledger import settle

    visitors, year = Visitors(), timezone.localdate().year
    found = [
        action("autosave, 3,000 characters", autosave(visitors["writer"]), times=TIMES),
        action("picture, 12 megapixels", picture(visitors["writer"]), times=5),
        action(
            "settle a year the first time",
            lambda: settle(year=year),
            note="every entry of the year is looked at",
        ),
        action("settle a year with nothing to do", lambda: settle(year=year)),
        action("workbook of 100,000 × 12 cells", our_sheet),
        action("the same by XlsxWriter alone", plain_sheet),
    ]
    print(json.dumps({"actions": found}))


if __name__ == "__main__":
    main()
