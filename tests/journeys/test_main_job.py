"""The main job in a real browser, each step by the role whose work it is: quota table to workbook."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from correspondents.models import Submission
from hospital.models import Department, User
from media_outreach.outlets.models import Outlet, Placement
from plans.defaults import ensure_categories
from plans.models import Delivery, Plan, QuotaItem
from plans.states import Level, Medium, PlanState
from rewards.schemes import scheme_load
from tests.browsers import axe, no_sideways_scroll, shot
from tests.factories import PASSWORD, Cast
from toolkit import outbox

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHIPPED = Path(__file__).resolve().parent.parent.parent
BODY = (
    "11月18日起，我院血液净化中心每周一、三、五开设夜间透析门诊，开诊时间为17:30至22:00。\n\n"
    "“白天上班，晚上透析，生活工作两不误。”护士长介绍，首周已服务26人次。"
)


@pytest.fixture
def cast(transactional_db: None, cast: Cast) -> Cast:
    """The cast with passwords, since everybody signs in by hand here."""
    ensure_categories()
    for user in cast.everybody().values():
        user.set_password(PASSWORD)
        user.save(update_fields=["password"])
    return cast


def sign_in(browse: Callable[..., Page], user: User, width: int) -> Page:
    page = browse(width=width)
    page.goto("/login/")
    page.get_by_label("工号").fill(user.staff_no)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/")
    axe(page)
    no_sideways_scroll(page)
    return page


def look(page: Page, name: str) -> None:
    """What every page of the journey must hold, and a picture for a person."""
    axe(page)
    no_sideways_scroll(page)
    shot(page, f"journey-{name}")


def test_a_phone_draft_becomes_a_line_in_finances_workbook(
    cast: Cast, browse: Callable[..., Page], tmp_path: Path
) -> None:
    """One piece, five people: 100 yuan for a provincial newspaper must arrive in the file finance downloads."""
    Outlet.objects.create(name="省健康报", level=Level.PROVINCE, medium=Medium.NEWSPAPER)
    scheme = (SHIPPED / "rewards" / "data" / "reward-scheme.yaml").read_text(encoding="utf-8")
    first_day = timezone.localdate().replace(month=1, day=1)
    scheme_load(text=scheme, number=1, effective_from=first_day, actor=None)

    write_and_submit(sign_in(browse, cast.writer, 390))
    piece = Submission.objects.get()
    assert piece.stage == "head"

    review(sign_in(browse, cast.head, 390), piece, "通过")
    review(sign_in(browse, cast.editor, 1360), piece, "采用")
    assert list(Delivery.objects.values_list("department__name", "title")) == [
        ("护理部", "夜间透析门诊开诊，方便上班族就医")
    ]

    log_placement(sign_in(browse, cast.editor, 1360), piece)
    verify(sign_in(browse, cast.chief, 1360), Placement.objects.get())
    seal_batch(sign_in(browse, cast.chief, 1360))

    path = download_workbook(sign_in(browse, cast.finance, 1360), tmp_path)
    assert_sum(path, Decimal("100.00"), cast.writer)


def confirm(page: Page, words: str) -> None:
    """Press a button that asks once more, and say yes."""
    page.locator("main summary", has_text=words).first.click()
    with page.expect_navigation():
        page.locator("dialog[open] button[type=submit]").click()


def write_and_submit(page: Page) -> None:
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name="写").first.click()
    page.get_by_label("标题").first.fill("夜间透析门诊开诊，方便上班族就医")
    page.get_by_label("正文").fill(BODY)
    page.wait_for_selector("[data-save-state]:has-text('自动保存')")
    look(page, "write-390")
    page.get_by_role("button", name="送审").click()
    page.wait_for_url("**/drafts/*/")
    assert "科室审核" in page.inner_text("main")
    look(page, "submitted-390")


def review(page: Page, piece: Submission, button: str) -> None:
    page.goto("/review/")
    page.get_by_role("link", name=piece.title).click()
    look(page, f"review-{button}")
    page.get_by_role("button", name=button, exact=True).click()
    page.wait_for_load_state()


def log_placement(page: Page, piece: Submission) -> None:
    page.goto(f"/placements/new/?submission={piece.pk}")
    page.locator("#id_outlet-ts-control").fill("省健康")
    page.locator(".ts-dropdown .option", has_text="省健康报").first.click()
    page.get_by_label("链接").fill("https://paper.example/2026/11/18/a3.html")
    look(page, "placement-new")
    page.get_by_role("button", name="登记刊用").click()
    page.wait_for_url("**/placements/*/")
    look(page, "placement-logged")


def verify(page: Page, placement: Placement) -> None:
    page.goto(f"/placements/{placement.pk}/")
    confirm(page, "核实")
    assert "已核实" in page.inner_text("main")


def seal_batch(page: Page) -> None:
    page.goto("/rewards/payouts/new/")
    page.select_option("select[name=first]", "1")
    page.select_option("select[name=last]", str(timezone.localdate().month))
    page.locator("main form button[type=submit]").last.click()
    page.wait_for_url("**/rewards/payouts/*/")
    look(page, "payout-draft")
    confirm(page, "封存批次")
    assert "人民币壹佰元整" in page.inner_text("main")
    look(page, "payout-sealed")


def download_workbook(page: Page, folder: Path) -> Path:
    """Finance's first page is the list of batches; two clicks to the file."""
    page.get_by_role("link", name="奖励发放").first.click()
    page.wait_for_url("**/rewards/payouts/*/")
    look(page, "payout-finance")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载").first.click()
    path = folder / "workbook.xlsx"
    download.value.save_as(path)
    return path


def assert_sum(path: Path, expected: Decimal, person: User) -> None:
    """Add up the summary by hand, as a clerk would: the person's row by staff number, and the total row."""
    sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    heading = next(row for row in rows if row and "工号" in row)
    number, net = heading.index("工号"), heading.index("实发")
    own: list[Any] = [row for row in rows if row[number] == person.staff_no]
    assert [Decimal(str(row[net])) for row in own] == [expected]
    total = next(row for row in rows if row and row[0] is not None and str(row[0]).startswith("合计"))
    assert Decimal(str(total[net])) == expected


def test_the_real_quota_table_reaches_the_dashboard(cast: Cast, browse: Callable[..., Page]) -> None:
    """The office uploads its file as it is, a leader approves in the admin, and the first page counts to 78."""
    page = sign_in(browse, cast.chief, 1360)
    page.goto("/plans/new/")
    page.locator("main form button").first.click()
    page.wait_for_load_state()
    plan = Plan.objects.get()
    page.goto(f"/plans/{plan.pk}/import/")
    page.set_input_files("input[type=file]", SHIPPED / "plans" / "data" / "quota-table-2024.xlsx")
    page.get_by_role("button", name="读取").click()
    page.wait_for_url("**/plans/imports/*/")
    look(page, "preview")
    for select in page.locator("select[name^='department-'], .unknown select").all():
        if not select.input_value():
            select.select_option("new:functional")
    page.locator("button[value=confirm]").click()
    page.wait_for_url(f"**/plans/{plan.pk}/")
    assert sum(QuotaItem.objects.top().filter(category__name="信息").values_list("target", flat=True)) == 78
    assert Department.objects.filter(quotas__isnull=False).distinct().count() == 25
    look(page, "plan")
    confirm(page, "提交审批")

    leader = sign_in(browse, cast.leader, 390)
    leader.goto(f"/admin/plans/plan/{plan.pk}/change/")
    look(leader, "approve-390")
    leader.locator("button[value=return]").click()
    leader.wait_for_load_state()
    assert Plan.objects.get().state == PlanState.SUBMITTED, "returning without a reason must not count"
    leader.locator("button[value=approve]").click()
    leader.wait_for_load_state()
    assert Plan.objects.get().state == PlanState.APPROVED

    outbox.sweep()
    page.goto("/")
    assert "0 / 78" in " ".join(page.inner_text("main").split())
    look(page, "dashboard")
    page.goto("/matrix/")
    look(page, "matrix")
