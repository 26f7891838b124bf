"""System checks that let the editor's own warning be silenced: they assert what makes it bearable."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.urls import NoReverseMatch, reverse

NEEDED_PLUGINS = {"uploadimage", "divarea"}
REFUSED_PLUGINS = {"scayt", "wsc", "exportpdf", "iframe", "flash", "forms"}


@register(Tags.security)
def editor_is_contained(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """django-ckeditor bundles CKEditor 4.22, which gets no more fixes (ckeditor.W001)."""
    problems = [problem for name, config in _configs().items() for problem in _config_problems(name, config)]
    if "default" not in _configs():
        problems.append("CKEDITOR_CONFIGS needs a config named 'default'.")
    if "ckeditor_uploader" in settings.INSTALLED_APPS or _uploader_is_mounted():
        problems.append("ckeditor_uploader must not be used: its upload view skips CSRF and stores any file.")
    return [Error(problem, id="toolkit.E001") for problem in problems]


def _configs() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = getattr(settings, "CKEDITOR_CONFIGS", None) or {}
    return found


def _config_problems(name: str, config: dict[str, Any]) -> list[str]:
    where = f"CKEDITOR_CONFIGS[{name!r}]"
    found = []
    if not _words(config.get("extraPlugins")) >= NEEDED_PLUGINS:
        found.append(f"{where} must load the plugins {', '.join(sorted(NEEDED_PLUGINS))}.")
    if not _words(config.get("removePlugins")) >= REFUSED_PLUGINS:
        found.append(f"{where} must remove the plugins {', '.join(sorted(REFUSED_PLUGINS))}.")
    if config.get("clipboard_handleImages") is not False:
        found.append(f"{where} must set clipboard_handleImages to False.")
    if config.get("fullPage"):
        found.append(f"{where} must not edit whole pages (fullPage).")
    if config.get("allowedContent") in (None, True):
        found.append(f"{where} must say which content is allowed (allowedContent).")
    return found


def _words(value: Any) -> set[str]:
    return {word.strip() for word in str(value or "").split(",") if word.strip()}


def _uploader_is_mounted() -> bool:
    try:
        reverse("ckeditor_upload")
    except NoReverseMatch:
        return False
    return True
