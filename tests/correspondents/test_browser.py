"""Writing and reviewing in a real browser: on the phone, at the desk, out of reach and signed out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from correspondents.models import Picture, Submission
from correspondents.services import submission_save
from tests.browsers import Browse, axe, no_sideways_scroll
from tests.correspondents.factories import (
    fresh,
    info_category,
    make_draft,
    make_submitted,
    moved,
    picture_bytes,
)
from tests.factories import PASSWORD, Cast, make_cast
from tests.waiting import eventually

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORDS = "我院血液净化中心每周一、三、五开设夜间透析门诊，方便上班族就医。"


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    info_category()
    return make_cast()


def wait_saved(page: Page) -> None:
    page.wait_for_selector("[data-save-state]:has-text('已自动保存')")


def test_a_phone_draft_is_saved_while_writing_and_submitted(
    cast: Cast, browse: Browse, tmp_path: Path
) -> None:
    page = browse(width=390, user=cast.writer)
    page.goto(reverse("drafts:new"))
    page.fill("[name=title]", "夜间透析门诊开诊")
    page.fill("[name=body]", WORDS)
    wait_saved(page)
    # On a slow machine the first pause may come between the two fields; the second save follows.
    eventually(lambda: Submission.objects.filter(title="夜间透析门诊开诊", body=f"<p>{WORDS}</p>").exists())
    draft = Submission.objects.get()
    page.wait_for_selector("[data-missing]:has-text('内容齐全，可以送审。')")
    assert page.url.endswith(reverse("drafts:edit", args=[draft.pk]))
    file = tmp_path / "开诊现场.jpg"
    file.write_bytes(picture_bytes(800, 600))
    page.set_input_files("#new-picture", file)
    page.wait_for_selector(".gallery-item")
    assert Picture.objects.get().submission == draft
    no_sideways_scroll(page)
    axe(page)
    page.click("button[name=action][value=submit]:visible")
    page.wait_for_url("**" + reverse("drafts:detail", args=[draft.pk]))
    assert fresh(draft).stage == "head"
    assert page.evaluate("localStorage.length") == 0


def test_the_editor_at_the_desk_saves_what_is_typed_into_it(cast: Cast, browse: Browse) -> None:
    page = browse(width=1360, user=cast.writer)
    page.goto(reverse("drafts:new"))
    page.wait_for_selector(".cke_wysiwyg_div")
    page.fill("[name=title]", "夜间透析门诊开诊")
    page.click(".cke_wysiwyg_div")
    page.keyboard.insert_text(WORDS)
    page.wait_for_selector("[data-length]:text-is('32 字')")
    wait_saved(page)
    page.wait_for_selector("[data-missing] .text-good")
    eventually(lambda: Submission.objects.get().body.strip() == f"<p>{WORDS}</p>")
    axe(page)


def test_what_is_written_after_the_session_ended_is_offered_after_signing_in_again(
    cast: Cast, browse: Browse
) -> None:
    cast.writer.set_password(PASSWORD)
    cast.writer.save()
    draft = make_draft(cast)
    page = browse(width=390, user=cast.writer, allow="401")
    page.goto(reverse("drafts:edit", args=[draft.pk]))
    Session.objects.all().delete()
    page.fill("[name=body]", "登录过期以后写的一段话，一个字也不能丢。")
    page.wait_for_selector("[data-problem-sign-in]:visible")
    assert "已存在本机" in page.inner_text("[data-save-state]")
    page.click("[data-problem-sign-in]")
    page.fill("[name=username]", cast.writer.staff_no)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**" + reverse("drafts:edit", args=[draft.pk]))
    page.click("[data-local-restore]")
    assert page.input_value("[name=body]") == "登录过期以后写的一段话，一个字也不能丢。"
    wait_saved(page)
    eventually(lambda: fresh(draft).body == "<p>登录过期以后写的一段话，一个字也不能丢。</p>")


def test_a_new_draft_written_without_network_is_offered_the_next_time(cast: Cast, browse: Browse) -> None:
    page = browse(width=390, user=cast.writer, allow="ERR_INTERNET_DISCONNECTED")
    page.goto(reverse("drafts:new"))
    page.context.set_offline(True)
    page.fill("[name=title]", "离线写的稿")
    page.fill("[name=body]", WORDS)
    page.wait_for_selector("[data-save-state]:has-text('已存在本机')")
    page.context.set_offline(False)
    page.goto(reverse("drafts:list"))
    page.goto(reverse("drafts:new"))
    if not Submission.objects.exists():
        assert "离线写的稿" in page.inner_text("[data-local-text]")
        page.click("[data-local-restore]")
        wait_saved(page)
    eventually(lambda: Submission.objects.filter(title="离线写的稿").exists())


def test_the_second_window_is_told_and_compares(cast: Cast, browse: Browse) -> None:
    draft = make_draft(cast)
    page = browse(width=390, user=cast.writer, allow="409")
    page.goto(reverse("drafts:edit", args=[draft.pk]))
    submission_save(
        submission=draft, version=draft.version, data={"title": "另一窗口的标题"}, actor=cast.writer
    )
    page.fill("[name=title]", "这个窗口的标题")
    page.wait_for_selector("[data-problem-compare]:visible")
    page.click("[data-problem-compare]")
    page.wait_for_selector(".stale-diff ins")
    assert page.input_value("[name=title]") == "这个窗口的标题"
    page.click("button[value=overwrite]")
    page.wait_for_url("**" + reverse("drafts:edit", args=[draft.pk]))
    assert fresh(draft).title == "这个窗口的标题"
    assert fresh(draft).kept_texts.get().title == "另一窗口的标题"


@pytest.mark.parametrize("width", [390, 1360])
def test_the_pages_of_drafts_are_accessible_and_fit_the_screen(
    cast: Cast, browse: Browse, width: int
) -> None:
    draft = moved(make_submitted(cast), "return", cast.head, "请补充首周服务人次")
    make_submitted(cast, title="健康宣教进社区")
    submission_save(
        submission=draft, version=draft.version, data={"title": "夜间透析门诊开诊了"}, actor=cast.writer
    )
    draft = moved(draft, "submit", cast.writer)
    head, writer = browse(width=width, user=cast.head), browse(width=width, user=cast.writer)
    for page, address in (
        (writer, reverse("drafts:list")),
        (writer, reverse("drafts:detail", args=[draft.pk])),
        (writer, reverse("drafts:compare", args=[draft.pk])),
        (head, reverse("drafts:queue")),
        (head, reverse("drafts:review", args=[draft.pk])),
    ):
        page.goto(address)
        no_sideways_scroll(page)
        axe(page)


def test_a_reviewer_decides_with_one_click_and_gets_the_next_piece(cast: Cast, browse: Browse) -> None:
    first, second = make_submitted(cast, title="先到"), make_submitted(cast, title="后到")
    page = browse(width=390, user=cast.head)
    page.goto(reverse("drafts:review", args=[first.pk]))
    page.click("button[value=pass]")
    page.wait_for_url("**" + reverse("drafts:review", args=[second.pk]))
    page.click("summary:has-text('常用意见')")
    page.click("text=请补充清晰的图片并写明说明。")
    page.click("button[value=return]")
    page.wait_for_url("**" + reverse("drafts:queue"))
    assert (fresh(first).stage, fresh(second).state) == ("editor", "returned")


def test_writing_works_without_scripts(cast: Cast, browse: Browse) -> None:
    page = browse(width=390, user=cast.writer, java_script=False)
    page.goto(reverse("drafts:new"))
    page.fill("[name=title]", "夜间透析门诊开诊")
    page.fill("[name=body]", WORDS)
    page.fill("[name=author_words]", "孙悦")
    page.click("button[value=add_author]")
    page.wait_for_url(re.compile(r"/drafts/\d+/edit/"))
    assert "孙悦" in page.inner_text(".author-list")
    page.click("button.btn-primary[value=submit]")
    draft = Submission.objects.get()
    page.wait_for_url("**" + reverse("drafts:detail", args=[draft.pk]))
    assert fresh(draft).state == "in_review"
