"""Hostile markup through the rich-text door, stored and shown: by a strict reading nothing in it is active."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from correspondents.models import Submission
from plans.models import Plan
from tests.corpora.texts import OWN, vectors
from tests.correspondents.factories import make_draft
from tests.factories import Cast
from toolkit.models import AuditEvent
from toolkit.richtext import clean_html

NAMES = "p|br|h2|h3|h4|ul|ol|li|blockquote|hr|figure|figcaption|table|thead|tbody|tr|td|th|strong|b|em|i|u|s|sub|sup|span"
# The whole of a harmless text, read strictly: anything that is not text or one of these tags is a finding.
HARMLESS = re.compile(
    rf"(?:[^<>]|</?(?:{NAMES})>|</?a>|<t[dh](?: (?:colspan|rowspan)=\"[0-9]+\")+>"
    r"|<a(?: href=\"(?:https?://|mailto:)[^\"<>\s]*\")?(?: rel=\"noopener noreferrer\")?>"
    r"|<img(?: (?:alt|width|height)=\"[^\"<>]*\"| src=\"/media/[\w./%+-]+\")*>)*\Z",
    re.IGNORECASE,
)


@pytest.mark.parametrize("vector", vectors())
def test_nothing_active_is_left_of_a_vector(vector: str) -> None:
    cleaned = clean_html(vector)
    assert HARMLESS.match(cleaned), cleaned
    assert clean_html(cleaned) == cleaned


def test_the_strict_reading_finds_what_is_active() -> None:
    """Otherwise the test above would prove nothing."""
    for name in ("image_error", "link_script", "script", "event", "style", "image_other_host", "frame"):
        assert not HARMLESS.match(OWN[name]), name


def test_vectors_sent_with_the_writing_form_are_stored_and_shown_harmless(client: Client, cast: Cast) -> None:
    draft = make_draft(cast)
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    form = {"title": "<script>window.hurt=1</script>", "genre": "news", "body": "".join(vectors()), "body-format": "html",
            "version": str(draft.version), "action": "save"}  # fmt: skip
    assert client.post(reverse("drafts:edit", args=[draft.pk]), form).status_code == 302
    stored = Submission.objects.get(pk=draft.pk).body
    assert HARMLESS.match(stored)
    for page in ("drafts:detail", "drafts:edit", "drafts:compare"):
        shown = client.get(reverse(page, args=[draft.pk])).content.decode()
        assert "<script>window.hurt" not in shown
        assert not re.search(r"<[^>]*\son(error|load|click|focus|toggle)\s*=", shown, re.IGNORECASE)


def test_markup_put_into_the_database_by_other_means_is_shown_harmless(client: Client, cast: Cast) -> None:
    """Cleaned on the way out as well: what a restored or edited row holds isn't trusted."""
    plan = Plan.objects.create(year=2026, title="计划", created_by=cast.editor)
    # PostgreSQL itself keeps no NUL byte.
    Plan.objects.filter(pk=plan.pk).update(guiding_idea="".join(OWN.values()).replace("\x00", ""))
    client.force_login(cast.editor, backend="django.contrib.auth.backends.ModelBackend")
    for page in ("plans:detail", "plans:edit"):
        shown = client.get(reverse(page, args=[plan.pk])).content.decode()
        assert "<script>window.hurt" not in shown
        assert not re.search(r"<[^>]*\son(error|load|click|focus|toggle)\s*=", shown, re.IGNORECASE)


def test_a_text_that_is_too_long_is_refused_on_record_and_not_lost(
    client: Client, cast: Cast, settings: object
) -> None:
    settings.RICHTEXT_MAX_BYTES = 20_000  # type: ignore[attr-defined]  # pytest-django's settings wrapper
    draft = make_draft(cast)
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    form = {
        "title": "长文",
        "genre": "news",
        "body": "很长" * 9_000,
        "version": str(draft.version),
        "action": "save",
    }
    response = client.post(reverse("drafts:edit", args=[draft.pk]), form)
    assert response.status_code == 200
    assert "很长很长" in response.content.decode()
    assert AuditEvent.objects.filter(action="upload_refused", note__startswith="text (too_long)").exists()
