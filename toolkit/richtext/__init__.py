"""Rich text behind one field: cleaned on the way in and out, a plain textarea wherever an editor can't be."""

from toolkit.richtext.cleaning import clean_html
from toolkit.richtext.fields import RichTextField, RichTextFormField
from toolkit.richtext.text import from_text, is_plain, to_text
from toolkit.richtext.widgets import RichTextWidget

__all__ = [
    "RichTextField",
    "RichTextFormField",
    "RichTextWidget",
    "clean_html",
    "from_text",
    "is_plain",
    "to_text",
]
