"""The model field and the form field. Both clean; neither trusts the other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

from toolkit.richtext.cleaning import check_size, clean_html
from toolkit.richtext.text import to_text
from toolkit.richtext.widgets import RichTextWidget


class RichTextFormField(forms.CharField):
    """Cleans to safe HTML. Empty when there is neither text nor picture in it."""

    widget = RichTextWidget

    def __init__(self, *args: Any, upload_url: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if upload_url:
            self.widget.attrs["data-upload-url"] = upload_url

    def to_python(self, value: Any) -> str:
        html = super().to_python(value) or ""
        check_size(html)
        cleaned = clean_html(html)
        return cleaned if has_content(cleaned) else ""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return clean_html(initial or "") != clean_html(data or "")


class RichTextField(models.TextField):
    """A TextField that holds cleaned HTML; cleaning happens on every save, wherever the value came from."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if not isinstance(value, str):
            return value
        check_size(value)
        cleaned = clean_html(value)
        setattr(model_instance, self.attname, cleaned)
        return cleaned

    def formfield(self, **kwargs: Any) -> Any:
        # The admin asks for its own textarea; ours knows how to be both.
        return super().formfield(**{**kwargs, "form_class": RichTextFormField, "widget": RichTextWidget})


def has_content(cleaned: str) -> bool:
    return "<img " in cleaned or bool(to_text(cleaned))
