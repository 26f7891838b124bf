"""A frozen plan (see revisions.freeze) arranged for reading: numbered sections and the quota table by department."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _

from plans.numerals import to_chinese
from toolkit.richtext import to_text


@dataclass
class TableLine:
    category: str
    words: str
    note: str
    responsible: str
    parts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class TableGroup:
    department: str
    lines: list[TableLine]


@dataclass(frozen=True)
class Document:
    """`sections` are (heading with its number, HTML); `totals` are words such as 信息 78 篇."""

    title: str
    number: str
    sections: list[tuple[str, str]]
    groups: list[TableGroup]
    totals: list[str]


def document(body: Mapping[str, Any]) -> Document:
    parts = [(_("Guiding idea"), body["guiding_idea"])] if to_text(body["guiding_idea"]) else []
    parts += [(section["heading"], section["body"]) for section in body["sections"]]
    sections = [(f"{to_chinese(place)}、{heading}", html) for place, (heading, html) in enumerate(parts, 1)]
    return Document(body["title"], body["number"], sections, _groups(body["quotas"]), _totals(body["quotas"]))


def _groups(quotas: Iterable[Mapping[str, Any]]) -> list[TableGroup]:
    return [
        TableGroup(department, _lines(rows))
        for department, rows in groupby(quotas, lambda x: x["department"])
    ]


def _lines(quotas: Iterable[Mapping[str, Any]]) -> list[TableLine]:
    lines: list[TableLine] = []
    for quota in quotas:
        if quota["label"] and lines:
            lines[-1].parts.append(f"{quota['label']} {quota['target']}")
        else:
            lines.append(TableLine(quota["category"], _words(quota), quota["note"], quota["responsible"]))
    return lines


def _words(quota: Mapping[str, Any]) -> str:
    words = _("%(target)s %(unit)s each month") if quota["period"] == "month" else "%(target)s %(unit)s"
    return words % {"target": quota["target"], "unit": quota["unit"]}


def _totals(quotas: Iterable[Mapping[str, Any]]) -> list[str]:
    """Yearly sums by category, in the table's order."""
    sums: dict[tuple[str, str], int] = {}
    for quota in quotas:
        if not quota["label"]:
            key = (quota["category"], quota["unit"])
            sums[key] = sums.get(key, 0) + quota["target"] * (12 if quota["period"] == "month" else 1)
    return [f"{category} {total} {unit}" for (category, unit), total in sums.items()]
