"""Hostile markup in a real browser: stored, shown and edited, nothing of it runs and nothing of it is fetched."""

from __future__ import annotations

import pytest
from django.urls import reverse

from correspondents.models import Submission
from tests.browsers import Browse
from tests.corpora.texts import vectors
from tests.correspondents.factories import info_category, make_draft
from tests.factories import Cast, make_cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    info_category()
    return make_cast()


@pytest.mark.parametrize("width", [1360, 390])
def test_nothing_hostile_runs_or_is_fetched(browse: Browse, cast: Cast, width: int) -> None:
    """Written past the cleaning on the way in, so that only the way out and the policy stand in between."""
    draft = make_draft(cast)
    # PostgreSQL itself keeps no NUL byte.
    hostile = "<p>正文</p>" + "\n".join(vectors()).replace("\x00", "")
    Submission.objects.filter(pk=draft.pk).update(body=hostile, title=vectors()[0].replace("\x00", ""))
    page = browse(width=width, user=cast.writer, allow="404")
    ran: list[str] = []
    page.on("dialog", lambda dialog: (ran.append(dialog.message), dialog.dismiss()))
    page.on("request", lambda request: ran.append(request.url) if ".invalid" in request.url else None)
    for name in ("drafts:detail", "drafts:edit", "drafts:compare"):
        page.goto(reverse(name, args=[draft.pk]))
        page.wait_for_timeout(700)
        assert page.evaluate("window.hurt === undefined"), name
    assert ran == []
