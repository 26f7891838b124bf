"""What every page says about itself, and the place browsers report to."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from media_outreach.outlets.services import evidence_add
from tests.factories import Cast
from tests.media_outreach.outlets.factories import PDF, make_placement, proof
from toolkit.headers import PER_ADDRESS
from toolkit.models import AuditEvent

REPORT = {"csp-report": {"document-uri": "http://testserver/drafts/?q=张三", "violated-directive": "script-src", "blocked-uri": "http://evil.invalid/x.js"}}  # fmt: skip # noqa: E501  one report


@pytest.fixture(autouse=True)
def fresh_counters() -> None:
    cache.clear()


def report(client: Client, body: Any) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(reverse("csp_report"), sent, content_type="application/csp-report")


def test_a_page_says_what_it_may_do(client: Client, cast: Cast) -> None:
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    headers = client.get("/drafts/").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "'unsafe" not in policy
    assert "report-uri /csp-report/" in policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]


def test_only_the_editor_page_is_relaxed_and_never_for_scripts(client: Client, cast: Cast) -> None:
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    policy = client.get("/drafts/new/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy + ";"
    assert "script-src-attr 'unsafe-inline'" in policy


def test_a_report_is_kept_without_what_people_searched_for(db: None, client: Client) -> None:
    assert report(client, REPORT).status_code == 204
    event = AuditEvent.objects.get(action="csp_report")
    assert event.object_label == "http://testserver/drafts/"
    assert "evil.invalid" in event.note
    assert "张三" not in event.note


def test_a_flood_of_reports_fills_nothing(db: None, client: Client) -> None:
    for _number in range(PER_ADDRESS + 20):
        assert report(client, REPORT).status_code == 204
    assert AuditEvent.objects.filter(action="csp_report").count() == PER_ADDRESS


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b"1", b'{"csp-report": 1}', b"\xff\xfe", b"x" * 40_000]
)
def test_nonsense_is_answered_and_dropped(db: None, client: Client, body: bytes) -> None:
    assert report(client, body).status_code == 204
    assert not AuditEvent.objects.filter(action="csp_report").exists()


def test_behind_nginx_a_view_only_names_the_file(client: Client, cast: Cast, settings: Any) -> None:
    """It still asks who is there, and a proof that is no picture still leaves as a download."""
    settings.MEDIA_ACCEL_PREFIX = "/protected-media/"
    placement = make_placement(cast)
    paper = evidence_add(placement=placement, proof=proof("报样.pdf", PDF), actor=cast.editor)
    address = reverse("outlets:evidence", args=[paper.key])
    client.force_login(cast.other_writer, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(address).status_code == 404
    client.force_login(cast.writer, backend="django.contrib.auth.backends.ModelBackend")
    response = client.get(address)
    assert response.content == b""
    assert response["X-Accel-Redirect"] == f"/protected-media/{paper.file.name}"
    assert response["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in response["Content-Security-Policy"]
