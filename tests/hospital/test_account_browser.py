"""The account pages in a real browser, and a text that outlives the idle time-out."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pyotp
import pytest
from django.conf import settings as project_settings
from django.contrib.auth.hashers import make_password
from django.urls import reverse

from correspondents.models import Submission
from hospital.account import sessions
from hospital.models import SecondFactor, SignIn, User
from tests.browsers import Browse, axe, no_sideways_scroll, shot
from tests.correspondents.factories import info_category
from tests.factories import PASSWORD, Cast, make_cast

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "护理部在门诊大厅开展用药安全宣传，"
MORE = "共为一百二十名群众答疑。"


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    info_category()
    return make_cast()


def ready(user: User) -> User:
    user.password = make_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(page: Page, user: User) -> None:
    page.get_by_label("工号").fill(user.staff_no)
    page.get_by_label("密码").fill(PASSWORD)
    # Until the next page's scripts are there, nothing typed into it would be saved.
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("button", name="登录").click()


def be_away(user: User, minutes: int = 31) -> None:
    """The person leaves the browser alone for so long."""
    engine = import_module(project_settings.SESSION_ENGINE)
    for row in SignIn.objects.filter(user=user):
        session = engine.SessionStore(row.session_key)
        session[sessions.SEEN] -= minutes * 60
        session.save()


def looked_at(page: Page, name: str) -> None:
    axe(page)
    no_sideways_scroll(page)
    shot(page, name)


@pytest.mark.parametrize("width", [390, 1360])
def test_what_is_typed_after_the_idle_time_out_is_not_lost(cast: Cast, browse: Browse, width: int) -> None:
    """A nurse is called away in mid-sentence, comes back after lunch and goes on typing."""
    page = browse(width=width, allow="401")
    page.goto(reverse("drafts:new"))
    sign_in(page, ready(cast.writer))
    page.fill("[name=title]", "用药安全宣传")
    type_body(page, WORDS, width)
    page.wait_for_selector("[data-save-state]:has-text('已自动保存')")
    be_away(cast.writer)
    type_body(page, MORE, width)
    page.wait_for_selector("[data-problem-sign-in]:visible")
    shot(page, f"idle-writing-{width}")
    assert MORE not in Submission.objects.get().body
    page.click("[data-problem-sign-in]")
    sign_in(page, cast.writer)
    page.click("[data-local-restore]")
    page.wait_for_selector("[data-save-state]:has-text('已自动保存')")
    assert MORE in Submission.objects.get().body
    assert WORDS in Submission.objects.get().body


def type_body(page: Page, text: str, width: int) -> None:
    if width < 768:
        page.fill("[name=body]", page.input_value("[name=body]") + text)
        return
    page.click(".cke_wysiwyg_div")
    page.keyboard.press("Control+End")
    page.keyboard.insert_text(text)


def test_without_scripts_a_form_sent_too_late_is_kept(cast: Cast, browse: Browse) -> None:
    page = browse(width=390, java_script=False)
    page.goto(reverse("drafts:new"))
    sign_in(page, ready(cast.writer))
    page.fill("[name=title]", "用药安全宣传")
    page.fill("[name=body]", f"{WORDS}\n\n{MORE}")
    be_away(cast.writer)
    page.get_by_role("button", name="存草稿").last.click()
    shot(page, "idle-held-login")
    sign_in(page, cast.writer)
    shot(page, "idle-held")
    assert page.get_by_label("您填写的内容").input_value().startswith(WORDS)
    page.get_by_role("button", name="立即提交").click()
    draft = Submission.objects.get()
    assert draft.title == "用药安全宣传"
    assert WORDS in draft.body
    assert MORE in draft.body


@pytest.mark.parametrize("width", [390, 1360])
def test_setting_up_the_app_and_signing_in_with_it(
    cast: Cast, browse: Browse, settings: Any, width: int
) -> None:
    settings.REQUIRE_TOTP = True
    page = browse(width=width)
    page.goto("/cards/")
    sign_in(page, ready(cast.finance))
    page.get_by_role("heading", name="绑定动态口令").wait_for()
    page.wait_for_function("document.querySelector('.qr').naturalWidth > 100")
    looked_at(page, f"factor-{width}")
    secret = SecondFactor.objects.get().secret
    page.get_by_label("动态口令", exact=False).fill(pyotp.TOTP(secret).now())
    page.get_by_role("button", name="完成绑定").click()
    page.get_by_role("heading", name="备用码").wait_for()
    looked_at(page, f"codes-{width}")
    first_code = page.locator(".codes li").first.inner_text()
    page.goto("/account/")
    looked_at(page, f"account-{width}")
    page.locator("details[data-confirm] summary").filter(has_text="退出所有设备").click()
    page.locator("dialog").get_by_role("button", name="退出所有设备").click()
    page.wait_for_url(re.compile("/login/"))
    sign_in(page, cast.finance)
    page.get_by_role("heading", name="第二步验证").wait_for()
    looked_at(page, f"code-{width}")
    page.locator("[name=code]").fill(first_code)
    page.get_by_role("button", name="登录", exact=True).click()
    page.goto("/cards/")
    looked_at(page, f"cards-{width}")
    page.get_by_role("button", name="登记").first.click()
    page.locator("[name=bank_card]").fill("6222 0202 0001 2345 678")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="查看完整卡号").click()
    page.get_by_text("6222 0202 0001 2345 678").wait_for()
    looked_at(page, f"card-{width}")


@pytest.mark.parametrize("width", [390, 1360])
def test_the_first_password_is_changed(cast: Cast, browse: Browse, width: int) -> None:
    User.objects.filter(pk=ready(cast.writer).pk).update(must_change_password=True)
    page = browse(width=width)
    page.goto("/")
    sign_in(page, cast.writer)
    page.get_by_text("初始密码只能使用一次").wait_for()
    page.get_by_label("旧密码").fill(PASSWORD)
    page.locator("[name=new_password1]").fill("Admin@123456")
    page.locator("[name=new_password2]").fill("Admin@123456")
    page.get_by_role("button", name="修改密码").click()
    page.get_by_text("最容易被猜到").first.wait_for()
    looked_at(page, f"first-password-{width}")
