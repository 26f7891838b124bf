"""A textarea that works alone; on wide screens static/js/richtext.js puts the editor in its place."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from toolkit.richtext.cleaning import clean_html
from toolkit.richtext.text import from_text, is_plain, same_text, to_text

EDITOR_LANGUAGES = {"zh-hans": "zh-cn", "en": "en"}


class RichTextWidget(forms.Textarea):
    """Posts three fields: <name> (what was written), <name>-format ("text" or "html"), <name>-html (as stored).

    The page is served with format "text": the textarea holds plain text. The script swaps HTML in and says so.
    When plain text comes back as it went out, the stored HTML stays as it was, with its formatting.
    """

    template_name = "toolkit/richtext.html"

    class Media:
        css = {"all": ["css/richtext.css"]}
        js = ["js/richtext.js"]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 14, **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        html = clean_html(value or "")
        context = super().get_context(name, to_text(html), attrs)
        context["widget"].update(
            {
                "html": html,
                "plain": is_plain(html),
                # What the reader would see; cleaned at the top of this method.
                "rendered": mark_safe(html),  # noqa: S308  clean_html made it safe
                "config": json.dumps(editor_config()),
                "editor": static("ckeditor/ckeditor/ckeditor.js"),
                "editor_base": static("ckeditor/ckeditor/"),
            }
        )
        context["widget"]["attrs"]["data-richtext"] = ""
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """HTML, whichever way it was written; None when the form didn't send the field at all."""
        written = data.get(name)
        if written is None:
            return None
        if data.get(f"{name}-format") == "html":
            return written
        stored = data.get(f"{name}-html", "")
        return stored if stored and same_text(written, to_text(stored)) else from_text(written)

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in data


def editor_config() -> dict[str, Any]:
    """CKEDITOR_CONFIGS["default"] in the page's language, without what only a programmer would want to see."""
    language = (get_language() or settings.LANGUAGE_CODE).lower()
    configs: dict[str, dict[str, Any]] = getattr(settings, "CKEDITOR_CONFIGS", {})
    config = configs.get("default", {})
    return {
        **config,
        "removePlugins": ",".join(filter(None, [config.get("removePlugins"), "elementspath"])),
        "removeDialogTabs": "image:advanced;image:Link;link:advanced;link:target;table:advanced",
        "image_previewText": " ",
        "entities": False,
        "language": EDITOR_LANGUAGES.get(language, "zh-cn"),
        "customConfig": "",
        "stylesSet": [],
        # A picture on its way up carries these marks inside the editor; cleaning takes them off what is saved.
        "extraAllowedContent": "img[data-cke-upload-id,data-widget]",
        "versionCheck": False,
    }
