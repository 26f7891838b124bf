"""The editor's warning may be silent only as long as what makes it bearable is in place."""

from typing import Any

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from toolkit.checks import editor_is_contained
from toolkit.csp import editor_csp

urlpatterns = [path("ckeditor/upload/", lambda request: HttpResponse(), name="ckeditor_upload")]


def test_the_project_s_own_settings_pass() -> None:
    assert [problem for problem in run_checks() if problem.id == "toolkit.E001"] == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"extraPlugins": "uploadimage"}, "must load the plugins"),
        ({"removePlugins": "scayt"}, "must remove the plugins"),
        ({"clipboard_handleImages": True}, "clipboard_handleImages"),
        ({"fullPage": True}, "fullPage"),
        ({"allowedContent": True}, "allowedContent"),
    ],
)
def test_a_loosened_config_stops_the_start(change: dict[str, Any], words: str) -> None:
    config = {"default": {**settings.CKEDITOR_CONFIGS["default"], **change}}
    with override_settings(CKEDITOR_CONFIGS=config):
        assert any(words in problem.msg for problem in editor_is_contained(None))


@override_settings(ROOT_URLCONF=__name__)
def test_the_bundled_upload_view_stops_the_start() -> None:
    """It skips CSRF and stores .html and .svg files."""
    assert any("ckeditor_uploader" in problem.msg for problem in editor_is_contained(None))


@override_settings(CKEDITOR_CONFIGS={})
def test_a_missing_default_config_stops_the_start() -> None:
    assert any("'default'" in problem.msg for problem in editor_is_contained(None))


def test_only_editor_pages_relax_the_policy_and_never_for_scripts() -> None:
    from csp.middleware import CSPMiddleware

    def page(request: HttpRequest) -> HttpResponse:
        return HttpResponse("x")

    def policy(view: Any) -> str:
        request = RequestFactory().get("/")
        return str(CSPMiddleware(view)(request)["Content-Security-Policy"])

    assert "unsafe" not in policy(page)
    relaxed = {part.split()[0]: part for part in map(str.strip, policy(editor_csp(page)).split(";"))}
    assert "'unsafe-inline'" in relaxed["script-src-attr"]
    assert "'unsafe-inline'" in relaxed["style-src"]
    assert "unsafe" not in relaxed["script-src"]
