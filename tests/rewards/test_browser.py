"""The money's way in a real browser: the chief seals on the office's screen, finance downloads on a phone."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from plans.states import Level
from rewards.ledger import settle
from rewards.models import Entry, Payout
from rewards.payouts import payout_create
from tests.browsers import axe, no_sideways_scroll
from tests.factories import Cast, make_cast
from tests.rewards.factories import load_scheme, make_outlet, make_placement, make_submission

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    cast = make_cast()
    load_scheme()
    piece = make_submission(cast.writer)
    make_placement(cast.writer, cast.other_writer, submission=piece, on=date(2026, 1, 8))
    make_placement(cast.writer, submission=piece, outlet=make_outlet(Level.PROVINCE), on=date(2026, 1, 9))
    settle(year=2026)
    return cast


@pytest.mark.parametrize("width", [1360, 390])
def test_the_pages_can_be_read_by_everybody(cast: Cast, browse: Any, width: int) -> None:
    payout = payout_create(ym_from=202601, ym_to=202601, actor=cast.chief)
    lost = Entry.objects.live().get(person=cast.writer, amount_fen=0)
    page = browse(width=width, user=cast.chief)
    for address in (
        "/rewards/",
        "/rewards/scheme/",
        "/rewards/scheme/new/",
        "/rewards/payouts/",
        "/rewards/payouts/new/",
        payout.get_absolute_url(),
        f"{payout.get_absolute_url()}?tab=people",
        f"{payout.get_absolute_url()}?tab=departments",
        f"{payout.get_absolute_url()}?tab=checks",
        lost.get_absolute_url(),
    ):
        page.goto(address)
        no_sideways_scroll(page)
        axe(page)
    page = browse(width=width, user=cast.writer)
    page.goto("/rewards/mine/")
    no_sideways_scroll(page)
    axe(page)


def test_the_chief_seals_and_finance_adds_up_the_file(cast: Cast, browse: Any, tmp_path: Path) -> None:
    page = browse(width=1360, user=cast.chief)
    page.goto("/rewards/payouts/new/")
    page.select_option("[name=year]", "2026")
    page.select_option("[name=first]", "1")
    page.select_option("[name=last]", "1")
    page.click("main form button[type=submit]")
    page.locator(".page-actions .confirm > summary").nth(1).click()
    page.locator(".confirm-panel:visible button[type=submit]").click()
    page.wait_for_selector("a[download]")
    assert Payout.objects.get().is_sealed

    phone = browse(width=390, user=cast.finance)
    phone.goto("/rewards/payouts/")
    phone.click("table a")
    with phone.expect_download() as waiting:
        phone.click("a[download]")
    file = tmp_path / "book.xlsx"
    waiting.value.save_as(file)
    sheet = openpyxl.load_workbook(BytesIO(file.read_bytes())).worksheets[0]
    rows = [row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert sum(row[7] for row in rows) == 100
