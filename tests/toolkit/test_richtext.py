"""People's HTML: what stays, what goes, and that nobody's words get lost on a phone."""

import re
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from toolkit.richtext import RichTextFormField, clean_html, from_text, is_plain, to_text
from toolkit.richtext.cleaning import ATTRIBUTES, TAGS, is_own_picture

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "corpora" / "xss-vectors.txt"

OWN_VECTORS = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    '<img src=x onerror="alert(1)">',
    "<img src=//evil.example/x.png>",
    "<img src='/media/../admin/logout/'>",
    "<img src='/media/%2e%2e/secret'>",
    "<img src='/media/%252e%252e/secret'>",
    "<img src='/media//evil.example/x'>",
    "<img src='/media\\..\\x'>",
    "<img src='data:image/svg+xml;base64,PHN2Zz4='>",
    "<img src='/media/x.png?next=javascript:alert(1)'>",
    "<img src=' /media/x.png' srcset='//evil 2x'>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt&colon;alert(1)'>x</a>",
    "<a href='java\nscript:alert(1)'>x</a>",
    "<a href='//evil.example'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<p style='background:url(javascript:alert(1))'>x</p>",
    "<span style='position:fixed;inset:0'>x</span>",
    "<p onclick=alert(1) id=top class=btn>x</p>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<iframe src=javascript:alert(1)></iframe><object data=x></object><embed src=x>",
    "<form action=//evil><input name=password><button formaction=//evil>",
    "<base href=//evil><meta http-equiv=refresh content='0;url=//evil'><link rel=stylesheet href=//evil>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<img alt='\"><script>alert(1)</script>'>",
    "<img alt='`><img src=x onerror=alert(1)>' src='/media/a.png'>",
    "<td colspan='2\" onmouseover=alert(1)'>x",
    "<textarea></textarea><script>alert(1)</script>",
    "<p>\x00<scr\x00ipt>alert(1)</p>",
    "<a href='https://x.example/' target=_blank rel=opener>x</a>",
]


def corpus() -> list[str]:
    """The whole file at once, too: some published vectors go over several lines."""
    if not CORPUS.exists():
        return []
    text = CORPUS.read_text(encoding="utf-8", errors="replace")
    return [*filter(None, text.splitlines()), text]


@pytest.mark.parametrize("vector", [*OWN_VECTORS, *corpus()])
def test_no_vector_gets_through(vector: str) -> None:
    """One that does, and whoever opens the draft gives the account to its author."""
    cleaned = clean_html(vector)
    assert_harmless(cleaned)
    assert clean_html(cleaned) == cleaned


@given(st.text(alphabet="<>/=\"' abpimgsrcon:;&#x-!\n", max_size=80))
def test_no_soup_gets_through(soup: str) -> None:
    cleaned = clean_html(soup)
    assert_harmless(cleaned)
    assert clean_html(cleaned) == cleaned


def assert_harmless(html: str) -> None:
    """Reads the output strictly: every "<" must begin an allowed tag with allowed, quoted attributes."""
    position = 0
    tag = re.compile(r'</?([a-z][a-z0-9]*)((?: [a-z-]+="[^"]*")*)>')
    while (position := html.find("<", position)) != -1:
        match = tag.match(html, position)
        assert match, f"not a plain tag at {position}: {html[position : position + 60]!r}"
        name, attributes = match.groups()
        assert name in TAGS, name
        for key, value in re.findall(r' ([a-z-]+)="([^"]*)"', attributes):
            assert key in ATTRIBUTES.get(name, set()) | ({"rel"} if name == "a" else set()), f"{name} {key}"
            if key == "src":
                assert re.fullmatch(r"/media/[\w./%+-]+", value), value
                assert ".." not in value, value
            if key == "href":
                assert re.match(r"(https?://|mailto:)", value, re.IGNORECASE), value
        position = match.end()


def test_what_an_editor_needs_stays() -> None:
    html = (
        "<h2>义诊</h2><p>为<strong>百名</strong>老人<br>测血压</p><ul><li>一</li></ul>"
        '<figure><img src="/media/pictures/a1.jpg" alt="现场" width="800" height="600">'
        "<figcaption>现场</figcaption></figure>"
        '<table><tbody><tr><td colspan="2">合计</td></tr></tbody></table>'
        '<p><a href="https://example.org/a?b=1" rel="noopener noreferrer">链接</a></p>'
    )
    assert clean_html(html) == html


def test_pictures_come_only_from_our_own_folder() -> None:
    assert is_own_picture("/media/pictures/2026/a-1_b.jpg", "/media/")
    for other in (
        "/static/x.png",
        "//media/x.png",
        "/media/../x",
        "/media/%2e%2e/x",
        "https://x/media/a.png",
        "/media/a b",
    ):
        assert not is_own_picture(other, "/media/"), other
    with override_settings(MEDIA_URL="https://cdn.example/"):
        assert clean_html('<img src="https://cdn.example/a.png">') == "<img>"


def test_plain_text_keeps_every_line() -> None:
    assert from_text("第一段\r\n\r\n  第二段 <b>\n") == "<p>第一段</p><p>第二段 &lt;b&gt;</p>"
    assert to_text("<p>第一段</p><p>第二段 &lt;b&gt;</p>") == "第一段\n第二段 <b>"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_what_was_typed_comes_back(line: str) -> None:
    """Whatever a correspondent types on a phone must read the same on the reviewer's screen."""
    shown = " ".join(line.replace("\xa0", " ").split())
    assert " ".join(to_text(from_text(line)).split()) == shown


def test_lists_and_tables_stay_readable_as_text() -> None:
    html = "<h2>标题</h2><ul><li>一</li><li>二</li></ul><table><tr><td>护理部</td><td>3</td></tr></table>"
    assert to_text(html) == "标题\n• 一\n• 二\n护理部\t3"


def test_formatting_is_told_from_plain_paragraphs() -> None:
    assert is_plain("<p>a</p><p>b</p>")
    assert not is_plain("<p>a <strong>b</strong></p>")


class Draft(forms.Form):
    body = RichTextFormField(upload_url="/pictures/add/")


RICH = '<h2>义诊</h2><p>现场<strong>热闹</strong></p><p><img src="/media/a.jpg" alt="合影"></p>'


def post(initial: str = RICH, **fields: str) -> Draft:
    data = {
        "body-html": initial,
        "body-format": "text",
        **{key.replace("__", "-"): value for key, value in fields.items()},
    }
    return Draft(data, initial={"body": initial})


def test_a_phone_that_changes_nothing_loses_no_formatting() -> None:
    """The head opens a formatted draft on a phone and sends it back untouched."""
    form = post(body=to_text(RICH).replace("\n", "\r\n"))
    assert form.is_valid()
    assert form.cleaned_data["body"] == RICH
    assert not form.has_changed()


def test_words_changed_on_a_phone_become_paragraphs() -> None:
    form = post(body="义诊\n现场热闹，来了百人")
    assert form.is_valid()
    assert form.cleaned_data["body"] == "<p>义诊</p><p>现场热闹，来了百人</p>"
    assert form.has_changed()


def test_the_editor_s_html_is_cleaned() -> None:
    form = post(body="<p onclick=x>新<script>alert(1)</script></p>", body__format="html")
    assert form.is_valid()
    assert form.cleaned_data["body"] == "<p>新</p>"


def test_a_forged_stored_text_is_cleaned_too() -> None:
    form = post(initial="<p>a<script>alert(1)</script></p>", body="a")
    assert form.is_valid()
    assert form.cleaned_data["body"] == "<p>a</p>"


@pytest.mark.parametrize("empty", ["", "  \n ", "<p>&nbsp;</p><p><br></p>"])
def test_an_empty_editor_is_empty(empty: str) -> None:
    """CKEditor leaves <p>&nbsp;</p> behind, which would pass for a text."""
    form = post(body=empty, body__format="html")
    assert not form.is_valid()
    assert "body" in form.errors


@override_settings(RICHTEXT_MAX_BYTES=2048)
def test_a_pasted_picture_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValidationError) as refused:
        RichTextFormField().clean("<p>" + "长" * 1000 + "</p>")
    assert "KB" in refused.value.messages[0]


def test_the_widget_serves_plain_text_and_no_inline_script() -> None:
    html = str(Draft(initial={"body": RICH})["body"])
    assert "义诊\n现场热闹" in html
    assert 'data-upload-url="/pictures/add/"' in html
    assert 'name="body-format" value="text"' in html
    assert not re.search(r"<script|\son[a-z]+=|\sstyle=", html)
    assert "data-richtext-plain" in html
    assert "data-richtext-plain" not in str(Draft(initial={"body": "<p>平文</p>"})["body"])


def test_a_first_line_break_survives_the_textarea() -> None:
    """Browsers drop one line break right after <textarea>; the template writes one for them to drop."""
    assert re.search(r"<textarea[^>]*>\n义诊", str(Draft(initial={"body": RICH})["body"]))


def test_the_filter_cleans_what_an_old_version_stored() -> None:
    source = Template("{% load richtext %}{{ body|richtext }}|{{ body|plaintext }}|{{ none|richtext }}")
    values: dict[str, Any] = {"body": "<p onclick=x>a</p><p>b</p>", "none": None}
    assert source.render(Context(values)) == "<p>a</p><p>b</p>|a\nb|"
