"""Components of our pages. docs/ui.md shows each with an example.

Tones are words, never colours: "" plain, "accent", "good", "warn" (amber), "bad" (red), "info", "muted".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.template import Context, Library
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from toolkit import icons, moments
from toolkit.components import component, one_of

register = Library()

TONES = ("", "accent", "good", "warn", "bad", "info", "muted")


def tone_of(tone: str, tag: str) -> str:
    return one_of(tone, TONES, tag=tag, attribute="tone")


def icon_html(name: str, css: str = "", label: str = "") -> SafeString:
    one_of(name, icons.ICONS, tag="icon", attribute="name")
    meaning = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="icon{}{}" {} focusable="false" width="16" height="16"><use href="{}#{}"></use></svg>',
        " " if css else "",
        css,
        meaning,
        static(icons.SPRITE),
        name,
    )


@component(register)
def icon(name: str, *, label: str = "", css: str = "") -> SafeString:
    """A drawing. With `label` it is read out, without it is decoration."""
    return icon_html(name, css, label)


@component(register)
def back(url: str, label: str = "") -> SafeString:
    """The arrow beside a page's title."""
    return format_html(
        '<a class="back" href="{}" aria-label="{}">{}</a>', url, label or _("Back"), icon_html("arrow-left")
    )


@component(register, block=True, template="ui/card.html")
def card(
    title: str = "",
    *,
    content: str,
    icon: str = "",
    note: str = "",
    url: str = "",
    url_label: str = "",
    tone: str = "",
    flush: bool = False,
    id: str = "",
    css: str = "",
    level: int = 2,
) -> dict[str, Any]:
    """A white box with a heading. `flush` leaves out the padding, for lists and tables."""
    return {
        "title": title,
        "content": content,
        "icon": icon,
        "note": note,
        "url": url,
        "url_label": url_label,
        "tone": tone_of(tone, "card"),
        "flush": flush,
        "id": id,
        "css": css,
        "level": str(one_of(str(level), ("2", "3", "4"), tag="card", attribute="level")),
    }


@component(register, template="ui/stat.html")
def stat(
    label: str,
    value: Any,
    *,
    of: Any = "",
    unit: str = "",
    note: str = "",
    tone: str = "",
    url: str = "",
) -> dict[str, Any]:
    """One number of a dashboard. `tone` colours the note only."""
    return {
        "label": label,
        "value": value,
        "of": of,
        "unit": unit,
        "note": note,
        "tone": tone_of(tone, "stat"),
        "url": url,
    }


@component(register)
def badge(text: str, tone: str = "") -> SafeString:
    """A status: a word in a colour."""
    return format_html(
        '<span class="badge-status tone-{}">{}</span>', tone_of(tone, "badge") or "muted", text
    )


@component(register, template="ui/meter.html")
def meter(
    value: float, total: float, *, marker: float | None = None, tone: str = "", label: str = ""
) -> dict[str, Any]:
    """A bar of `value` out of `total`; `marker` is a percentage drawn as an upright line."""
    tone_of(tone, "meter")
    share = 100.0 if not total else max(0.0, min(100.0, 100.0 * float(value) / float(total)))
    spoken = label or _("%(value)s of %(total)s") % {"value": value, "total": total}
    if marker is not None:
        spoken = _("%(progress)s, expected by now %(marker)s%%") % {
            "progress": spoken,
            "marker": round(marker),
        }
    return {
        "width": f"{share:.1f}",
        "marker": None if marker is None else f"{max(0.0, min(100.0, float(marker))):.1f}",
        "tone": tone or "accent",
        "spoken": spoken,
    }


@component(register, template="ui/field.html")
def field(
    field: BoundField, *, label: str = "", help: str = "", placeholder: str = "", hide_label: bool = False
) -> dict[str, Any]:
    """A form field with label, help and errors, tied together for screen readers."""
    widget = field.field.widget
    kind = field_kind(widget)
    attrs: dict[str, Any] = {"class": control_class(widget, kind, bool(field.errors))}
    if placeholder:
        attrs["placeholder"] = placeholder
    if kind == "choices":
        widget.attrs |= attrs  # Each of its boxes is drawn in the template.
    if help and not field.help_text:
        field.help_text = help
    return {
        "field": field,
        "control": field.as_widget(attrs=attrs) if kind != "choices" else field,
        "label": label or field.label,
        "help": help or field.help_text,
        "kind": kind,
        "hide_label": hide_label,
        "required": field.field.required and not field.field.disabled,
    }


def field_kind(widget: forms.Widget) -> str:
    """How the label stands to the control: "check" beside one box, "choices" above several, "text" above one."""
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "text"


def control_class(widget: forms.Widget, kind: str, wrong: bool) -> str:
    if kind in ("check", "choices"):
        own = "form-check-input"
    elif isinstance(widget, forms.Select):
        own = "form-select"
    else:
        own = "form-control"
    words = [own, "is-invalid" if wrong else "", str(widget.attrs.get("class", ""))]
    return " ".join(word for word in words if word)


@component(register, template="ui/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """What is wrong with the whole form, read out at once, with a link to each wrong field."""
    wrong = [form[name] for name in form.errors if name in form.fields]
    return {"form": form, "wrong": wrong, "general": form.non_field_errors()}


@component(register, template="ui/empty.html")
def empty(
    title: str, *, text: str = "", url: str = "", label: str = "", icon: str = "inbox"
) -> dict[str, Any]:
    """An empty list says what to do next."""
    return {"title": title, "text": text, "url": url, "label": label, "icon": icon}


@component(register, template="ui/pager.html")
def pager(page: Any, *, context: Context, param: str = "cursor") -> dict[str, Any]:
    """Earlier and later rows of a keyset page, keeping the rest of the query."""
    return {
        "previous": query_with(context, param, page.prev_cursor),
        "next": query_with(context, param, page.next_cursor),
    }


def query_with(context: Context, param: str, cursor: str | None) -> str:
    if not cursor:
        return ""
    request = context.get("request")
    query = request.GET.copy() if request is not None else None
    if query is None:
        return f"?{param}={cursor}"
    query[param] = cursor
    return "?" + query.urlencode()


@component(register)
def money(fen: int, *, sign: bool = False, plain: bool = False) -> SafeString:
    """Whole fen as yuan. `sign` writes a plus, `plain` leaves out ¥ (a table's heading says 元)."""
    yuan, rest = divmod(abs(int(fen)), 100)
    mark = "-" if fen < 0 else ("+" if sign and fen > 0 else "")
    return format_html(
        '<span class="num money{}">{}{}{}</span>',
        " text-bad" if fen < 0 else "",
        "" if plain else "¥",
        mark,
        f"{yuan:,}.{rest:02d}",
    )


@component(register, template="ui/tabs.html")
def tabs(items: Iterable[Any], *, label: str = "") -> dict[str, Any]:
    """Links to sister pages. Each item has `label`, `url`, `active` and perhaps `count`."""
    return {"items": items, "label": label or _("Views")}


@component(register, template="ui/confirm.html")
def confirm(
    url: str,
    label: str,
    *,
    text: str = "",
    title: str = "",
    button: str = "",
    tone: str = "",
    icon: str = "",
    hidden: Mapping[str, Any] | None = None,
    name: str = "",
    value: str = "",
    note: str = "",
    note_label: str = "",
    note_required: bool = False,
    small: bool = False,
    wide: bool = False,
) -> dict[str, Any]:
    """A button that POSTs to `url` after a second look. `note` names a text field asked for on the way."""
    return {
        "url": url,
        "label": label,
        "text": text,
        "title": title or label,
        "button": button or label,
        "tone": one_of(tone, ("", "accent", "bad"), tag="confirm", attribute="tone"),
        "icon": icon,
        "hidden": hidden or {},
        "name": name,
        "value": value,
        "note": note,
        "note_label": note_label or _("Reason"),
        "note_required": note_required,
        "small": small,
        "wide": wide,
    }


@component(register)
def when(moment: date | datetime | None, *, at: datetime | None = None) -> SafeString:
    """A moment as people say it, with the full time on hover."""
    if moment is None:
        return SafeString("—")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        moments.in_full(moment),
        moments.spoken(moment, at=at),
    )


STAGE_STATES = ("done", "now", "todo", "back", "skipped")


@component(register, template="ui/stages.html")
def stages(items: Sequence[Any], *, label: str = "") -> dict[str, Any]:
    """The way of a draft or plan. Each item: `label`, `state` (done, now, todo, back, skipped), `who`, `at`, `note`."""
    for item in items:
        state = item["state"] if isinstance(item, Mapping) else item.state
        one_of(str(state), STAGE_STATES, tag="stages", attribute="state")
    return {"items": items, "label": label or _("Progress")}


@component(register)
def diff(pieces: Iterable[Any]) -> SafeString:
    """Pieces of `toolkit.diff.word_diff` with what was added and cut marked."""
    tags = {"same": "span", "add": "ins", "cut": "del"}
    rows = ((tags[piece.op], piece.text, tags[piece.op]) for piece in pieces)
    return format_html('<div class="diff">{}</div>', format_html_join("", "<{}>{}</{}>", rows))


@component(register, template="ui/chart.html")
def chart(
    id: str, option: Mapping[str, Any], label: str, *, unit: str = "", tall: bool = False
) -> dict[str, Any]:
    """An ECharts chart with its numbers as a table underneath. `option` is ECharts' own (no functions)."""
    axis = option.get("xAxis") or {}
    categories = axis.get("data") or (option.get("yAxis") or {}).get("data") or []
    series = option.get("series") or []
    rows = [
        (category, [number_at(one.get("data") or [], place) for one in series])
        for place, category in enumerate(categories)
    ]
    return {
        "id": id,
        "data_id": f"{id}-data",
        "option": option,
        "label": label,
        "unit": unit,
        "tall": tall,
        "names": [one.get("name", "") for one in series],
        "rows": rows,
    }


def number_at(data: Sequence[Any], place: int) -> Any:
    value = data[place] if place < len(data) else ""
    return value.get("value", "") if isinstance(value, Mapping) else value


@component(register)
def chart_scripts() -> SafeString:
    """For `{% block js %}` of a page with a chart."""
    sources = ("vendor/echarts-6.1.0/echarts.min.js", "js/chart.js")
    return format_html_join("\n", '<script src="{}" defer></script>', ((static(path),) for path in sources))


@component(register, template="ui/words.html")
def script_words() -> dict[str, Any]:
    """The sentences our scripts show, translated."""
    return {
        "words": {
            "close": _("Close"),
            "cancel": _("Cancel"),
            "confirm": _("Confirm"),
            "sure": _("Please confirm"),
            "unsaved": _("What you wrote has not been saved yet."),
            "offline": _("The network is not available. Please try again in a moment."),
            "failed": _("That did not work. Please reload the page and try again."),
            "expired": _(
                "You have been signed out. Please sign in again; what you wrote stays on this page."
            ),
            "scroll": _("← Slide sideways to see more →"),
            "copied": _("Copied"),
            "noMatch": _("No match found"),
            "chartFailed": _("The chart cannot be shown. The numbers are in the table below."),
        }
    }


@register.filter
def as_json(value: Any) -> str:
    """For data attributes; escaped by the template as usual."""
    return json.dumps(value, ensure_ascii=False)
