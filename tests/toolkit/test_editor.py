"""The rich text field in a real browser: the editor on a desk, a textarea on a phone, and nothing lost between."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from tests.browsers import Browse, axe, no_sideways_scroll, shot
from tests.toolkit import editor_page
from tests.toolkit.test_images import picture
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WRITTEN = "window.richtext.value(document.querySelector('textarea'))"
PASTE = """content => {
  const bytes = Uint8Array.from(atob(content), c => c.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], "a.jpg", {type: "image/jpeg"}));
  document.querySelector(".cke_wysiwyg_div").dispatchEvent(
    new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture(autouse=True)
def editor_urls() -> Iterator[None]:
    editor_page.posted.clear()
    with override_settings(ROOT_URLCONF="tests.toolkit.editor_page"):
        yield


def submitted(page: Any) -> str:
    page.get_by_role("button", name="保存").click()
    page.wait_for_selector("text=ok")
    return editor_page.posted[-1]


def test_on_a_desk_the_editor_writes_html_and_says_so_with_one_event(browse: Browse) -> None:
    """No console error: the policy lets the editor run, and nothing else inline."""
    page = browse(width=1360)
    page.goto("/write/?rich")
    page.wait_for_selector(".cke_wysiwyg_div")
    page.evaluate("document.addEventListener('input', e => { window.heard = e.target.name })")
    page.click(".cke_wysiwyg_div")
    page.keyboard.press("Control+End")
    page.keyboard.type(" 200人参加")
    eventually(lambda: page.evaluate("window.heard") == "body", seconds=10, what="an input event")
    assert "200人参加" in page.evaluate(WRITTEN)
    assert page.evaluate("window.richtext.format(document.querySelector('textarea'))") == "html"
    shot(page, "editor-1360")
    axe(page)
    html = submitted(page)
    assert html.startswith("<h2>义诊进社区</h2>")
    assert "<strong>十分热闹</strong>。 200人参加" in html


def test_a_pasted_picture_is_uploaded_with_the_token_and_shown(browse: Browse) -> None:
    page = browse(width=1360)
    page.goto("/write/")
    page.wait_for_selector(".cke_wysiwyg_div")
    page.click(".cke_wysiwyg_div")
    page.evaluate(PASTE, base64.b64encode(picture()).decode())
    page.wait_for_selector(".cke_wysiwyg_div img[src^='/media/pictures/']")
    assert '<img alt="" ' in (html := submitted(page)) or "<img " in html
    assert 'src="/media/pictures/' in html
    assert "data:" not in html


def test_what_is_left_untouched_on_a_desk_stays_the_same(browse: Browse) -> None:
    page = browse(width=1360)
    page.goto("/write/?rich")
    page.wait_for_selector(".cke_wysiwyg_div")
    assert submitted(page).replace("\n", "") == editor_page.RICH


def test_a_phone_has_a_plain_textarea(browse: Browse) -> None:
    page = browse(width=390)
    page.goto("/write/")
    textarea = page.locator("textarea")
    assert textarea.input_value() == "第一段\n第二段"
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('textarea')).fontSize)") >= 16
    assert not page.evaluate("Boolean(window.CKEDITOR)")
    textarea.fill("第一段\n第二段，改过")
    shot(page, "editor-390")
    axe(page)
    no_sideways_scroll(page)
    assert submitted(page) == "<p>第一段</p><p>第二段，改过</p>"


def test_a_phone_shows_formatting_and_asks_before_it_is_lost(browse: Browse) -> None:
    page = browse(width=390)
    page.goto("/write/?rich")
    assert page.locator(".richtext-rendered h2").is_visible()
    assert not page.locator("textarea").is_visible()
    shot(page, "editor-390-rich")
    assert submitted(page) == editor_page.RICH
    page.goto("/write/?rich")
    page.get_by_role("button", name="按纯文本编辑").click()
    page.locator("textarea").fill("义诊进社区\n来了很多人")
    assert submitted(page) == "<p>义诊进社区</p><p>来了很多人</p>"


def test_without_scripts_the_form_works_and_warns(browse: Browse) -> None:
    page = browse(width=1360, java_script=False)
    page.goto("/write/?rich")
    assert page.locator("[data-richtext-notice]").is_visible()
    assert submitted(page) == editor_page.RICH


def test_a_saved_copy_can_be_put_back(browse: Browse) -> None:
    """After a session ran out the page offers the browser's own copy."""
    put = "([text, format]) => window.richtext.set(document.querySelector('textarea'), text, format)"
    page = browse(width=1360)
    page.goto("/write/")
    page.wait_for_selector(".cke_wysiwyg_div")
    page.evaluate(put, ["<p>抢救<strong>回来</strong></p>", "html"])
    page.wait_for_selector(".cke_wysiwyg_div strong")
    assert submitted(page).strip() == "<p>抢救<strong>回来</strong></p>"
    phone = browse(width=390)
    phone.goto("/write/")
    phone.evaluate(put, ["<h2>题</h2><p>抢救<strong>回来</strong></p>", "html"])
    assert phone.locator("textarea").input_value() == "题\n抢救回来"
