"""The components and the frame of every page."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django import forms
from django.conf import settings as django_settings
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory, override_settings
from django.utils import translation

from tests.browsers import Browse, axe, no_sideways_scroll, shot
from toolkit import icons
from toolkit.moments import spoken

ROOT = Path(__file__).resolve().parents[2]


def draw(source: str, **values: Any) -> str:
    with translation.override("en"):
        return Template("{% load ui %}" + source).render(Context(values)).strip()


def test_a_misspelt_attribute_is_refused_and_the_right_ones_are_named() -> None:
    """Otherwise a typo in a template is silently ignored and a warning stays grey."""
    with pytest.raises(TemplateSyntaxError, match=r"does not know “colour”\. Accepted: text, tone"):
        draw('{% badge "Draft" colour="bad" %}')


def test_an_unknown_tone_or_icon_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match="tone “red” is unknown"):
        draw('{% badge "Draft" "red" %}')
    with pytest.raises(TemplateSyntaxError, match="name “bel” is unknown"):
        draw('{% icon "bel" %}')


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("{% badge %}", "needs text"),
        ('{% badge "a" "good" "extra" %}', "has no name"),
        ('{% badge "a" text="b" %}', "given twice"),
    ],
)
def test_a_tag_used_wrongly_says_how(source: str, sentence: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=sentence):
        draw(source)


def test_what_a_person_typed_is_escaped_in_every_component() -> None:
    """Otherwise a draft's title could run a script in the editor's browser."""
    nasty = "<script>alert(1)</script>"
    sources = [
        "{% badge x %}",
        '{% card x note=x icon="bell" %}{{ x }}{% endcard %}',
        "{% stat x x note=x unit=x %}",
        "{% meter 1 2 label=x %}",
        "{% empty x text=x %}",
        '{% confirm "/" x text=x title=x button=x note_label=x note="n" %}',
        "{% diff pieces %}",
        "{% stages items %}",
        '{% chart "c" option label=x unit=x %}',
        "{% tabs tabs label=x %}",
    ]
    values = {
        "pieces": [SimpleNamespace(op="add", text=nasty)],
        "items": [{"label": nasty, "state": "now", "who": nasty, "note": nasty}],
        "option": {"xAxis": {"data": [nasty]}, "series": [{"name": nasty, "data": [1]}]},
        "tabs": [{"label": nasty, "url": "/"}],
    }
    for source in sources:
        assert "<script>alert" not in draw(source, x=nasty, **values), source


def test_a_block_keeps_its_content_and_its_place_in_the_page() -> None:
    html = draw('{% card "Today" flush=True %}<b>{{ word }}</b>{% endcard %}', word="here")
    assert "<b>here</b>" in html
    assert "card-body" not in html


def test_every_icon_named_is_in_the_sprite_and_the_other_way_round() -> None:
    sprite = (ROOT / "static" / icons.SPRITE).read_text()
    assert set(re.findall(r'<symbol id="([\w-]+)"', sprite)) == icons.ICONS


@pytest.mark.parametrize(
    ("fen", "attributes", "text"),
    [
        (458000, "", "¥4,580.00"),
        (-23005, "", "¥-230.05"),
        (7, "plain=True", "0.07"),
        (5000, "sign=True plain=True", "+50.00"),
        (0, "sign=True", "¥0.00"),
    ],
)
def test_money_shows_every_fen(fen: int, attributes: str, text: str) -> None:
    html = draw("{% money fen " + attributes + " %}", fen=fen)
    assert re.sub(r"<[^>]+>", "", html) == text
    assert ("text-bad" in html) == (fen < 0)


@pytest.mark.parametrize(
    ("value", "total", "width"), [(9, 12, "75.0"), (5, 3, "100.0"), (0, 3, "0.0"), (0, 0, "100.0")]
)
def test_a_bar_never_leaves_its_track(value: int, total: int, width: str) -> None:
    html = draw("{% meter value total marker=89 %}", value=value, total=total)
    assert f'class="meter-bar" x="0" y="6" width="{width}%"' in html
    assert f'aria-label="{value} of {total}, expected by now 89%"' in html


NOON = datetime(2024, 11, 21, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2024, 11, 21, 3, 59, 30, tzinfo=UTC), "just now"),
        (datetime(2024, 11, 21, 3, 59, 0, tzinfo=UTC), "1 minute ago"),
        (datetime(2024, 11, 21, 3, 50, tzinfo=UTC), "10 minutes ago"),
        (datetime(2024, 11, 20, 16, 30, tzinfo=UTC), "today 00:30"),
        (datetime(2024, 11, 20, 15, 30, tzinfo=UTC), "yesterday 23:30"),
        (datetime(2024, 11, 21, 9, 0, tzinfo=UTC), "today 17:00"),
        (datetime(2024, 1, 18, 1, 12, tzinfo=UTC), "01-18 09:12"),
        (datetime(2023, 12, 31, 16, 0, tzinfo=UTC), "01-01 00:00"),
        (datetime(2023, 12, 31, 15, 0, tzinfo=UTC), "2023-12-31 23:00"),
        (date(2024, 11, 22), "tomorrow"),
        (date(2025, 1, 2), "2025-01-02"),
    ],
)
def test_moments_are_said_by_the_hospitals_clock(moment: date | datetime, words: str) -> None:
    """Otherwise what happened after midnight is shown as yesterday's, eight hours off."""
    with translation.override("en"):
        assert spoken(moment, at=NOON) == words


class OpinionForm(forms.Form):
    opinion = forms.CharField(label="Opinion", help_text="The author reads it.", widget=forms.Textarea)
    stage = forms.ChoiceField(label="Stage", choices=[("1", "one")], required=False)
    sure = forms.BooleanField(label="Sure", required=False)

    def clean(self) -> None:
        raise forms.ValidationError("Somebody was first.")


def test_a_wrong_field_is_tied_to_its_error_and_help() -> None:
    """Otherwise a screen reader says “opinion” and not what is wrong with it."""
    html = draw("{% field form.opinion %}", form=OpinionForm({}))
    assert 'aria-describedby="id_opinion_helptext id_opinion_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_opinion_error"' in html
    assert 'id="id_opinion_helptext"' in html
    assert 'class="form-control is-invalid"' in html


def test_fields_get_the_class_of_their_kind() -> None:
    form = OpinionForm()
    assert 'class="form-select"' in draw("{% field form.stage %}", form=form)
    assert 'class="form-check-input"' in draw("{% field form.sure %}", form=form)
    assert 'placeholder="Why"' in draw('{% field form.opinion placeholder="Why" %}', form=form)


def test_help_given_in_the_template_is_tied_to_its_field() -> None:
    html = draw('{% field form.stage help="Choose one." %}', form=OpinionForm())
    assert 'aria-describedby="id_stage_helptext"' in html
    assert '<div class="form-text" id="id_stage_helptext">Choose one.</div>' in html


def test_the_errors_of_a_form_are_listed_once_with_links() -> None:
    html = draw("{% form_errors form %}", form=OpinionForm({}))
    assert 'role="alert"' in html
    assert "Somebody was first." in html
    assert 'href="#id_opinion"' in html
    assert draw("{% form_errors form %}", form=OpinionForm()) == ""


def test_the_pager_keeps_the_search() -> None:
    """Otherwise page two of a search shows everything."""
    request = RequestFactory().get("/", {"q": "透析", "cursor": "old"})
    page = SimpleNamespace(prev_cursor=None, next_cursor="a=b")
    html = draw("{% pager page %}", request=request, page=page)
    assert 'href="?q=%E9%80%8F%E6%9E%90&amp;cursor=a%3Db"' in html
    assert 'rel="prev"' not in html
    assert draw("{% pager page %}", page=SimpleNamespace(prev_cursor=None, next_cursor=None)) == ""


def test_a_confirmation_posts_with_its_token_and_asks_for_the_reason() -> None:
    html = draw(
        '{% confirm "/do/" "Return" note="note" note_required=True hidden=more %}',
        more={"a": "1"},
        csrf_token="T0K",
    )
    assert '<form method="post" action="/do/">' in html
    assert 'name="csrfmiddlewaretoken" value="T0K"' in html
    assert '<input type="hidden" name="a" value="1">' in html
    assert 'name="note" rows="3" required' in html


def test_a_chart_carries_its_numbers_as_a_table() -> None:
    """A picture alone tells nothing to a screen reader or where scripts fail."""
    option = {
        "xAxis": {"data": ["1月", "2月"]},
        "series": [{"name": "院报", "type": "bar", "data": [8, {"value": 6}]}],
    }
    html = draw('{% chart "c" option label="Placements" %}', option=option)
    assert '<script id="c-data" type="application/json">' in html
    assert '<th scope="row">2月</th><td class="num">6</td>' in html


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "413", "429", "500"])
def test_error_pages_need_nothing_from_the_request(name: str) -> None:
    """The page for a broken server must not break itself."""
    from django.template.loader import get_template

    with translation.override("en"):
        html = get_template(f"{name}.html").render()
    assert 'href="/"' in html


def test_no_template_or_style_asks_for_what_the_policy_or_old_browsers_refuse() -> None:
    """Inline code is blocked by the policy; Chrome 109 ignores the newer colours and selectors."""
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"<[^>{]*\s(style|on[a-z]+)=", text), path
        assert not re.search(r"<script(?![^>]*\b(src|type=\"application/json\"))", text), path
    for path in (ROOT / "static" / "css").glob("*.css"):
        assert not re.search(r"color-mix|:has\(|oklch|@layer|@container", path.read_text()), path


def test_vendored_files_ask_for_no_map_that_is_not_shipped() -> None:
    """`collectstatic` with hashed names stops at a missing map."""
    for path in (ROOT / "static" / "vendor").rglob("*.min.*"):
        assert b"sourceMappingURL" not in path.read_bytes(), path


@pytest.fixture
def gallery_urls() -> Any:
    with override_settings(ROOT_URLCONF="tests.toolkit.gallery"):
        yield


@pytest.mark.browser
@pytest.mark.parametrize("width", [1360, 390])
def test_the_component_page_is_sound_in_a_browser(
    browse: Browse, gallery_urls: None, transactional_db: None, width: int
) -> None:
    """No console error, no accessibility violation, nothing wider than the phone."""
    page = browse(width=width)
    page.goto("/gallery/")
    page.wait_for_selector("[data-drawn]")
    shot(page, f"ui-{width}")
    no_sideways_scroll(page)
    axe(page)


@pytest.mark.browser
def test_a_reason_is_asked_for_in_a_dialog_and_without_scripts_in_place(
    browse: Browse, gallery_urls: None, transactional_db: None
) -> None:
    page = browse(width=1360)
    page.goto("/gallery/")
    page.get_by_role("button", name="退回修改").click()
    dialog = page.locator("dialog[open]")
    axe(page)
    shot(page, "ui-dialog")
    page.keyboard.press("Escape")
    assert dialog.count() == 0
    page.get_by_role("button", name="退回修改").click()
    dialog.locator("textarea").fill("请补充照片")
    page.on("dialog", lambda one: one.accept())
    dialog.locator("button[type=submit]").click()
    page.wait_for_url("**/decide/")
    assert page.inner_text("body") == "请补充照片"

    plain = browse(width=390, java_script=False)
    plain.goto("/gallery/")
    plain.locator("details.confirm summary", has_text="退回修改").click()
    plain.locator("details.confirm[open] textarea").fill("缺病房名称")
    plain.locator("details.confirm[open] button[type=submit]").click()
    plain.wait_for_url("**/decide/")
    assert plain.inner_text("body") == "缺病房名称"


@pytest.mark.browser
def test_the_phone_reaches_every_menu_entry(
    browse: Browse, gallery_urls: None, transactional_db: None
) -> None:
    page = browse(width=390, java_script=False)
    page.goto("/gallery/")
    page.locator(".more > summary").click()
    assert page.locator(".more-panel .menu-link").count() == 4
    shot(page, "ui-more")
    assert django_settings.LANGUAGE_CODE == "zh-hans"
    assert page.get_attribute("html", "lang") == "zh-hans"
