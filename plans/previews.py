"""What the preview of an uploaded quota table shows, worked out from what was kept: lines, problems with their cures,
unknown names, totals that differ, and what would change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy

from hospital.guesses import probable_kind
from hospital.models import Department
from plans.models import Category, Plan, QuotaImport
from plans.quota_tables import Problem, Reading, SourceRow, read_rows
from plans.quota_words import QuotaLine, parse_total

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

# code → (what is wrong, what to do)
PROBLEMS: dict[str, tuple[_StrOrPromise, _StrOrPromise]] = {
    "unreadable": (
        gettext_lazy("No target can be read here."),
        gettext_lazy("Write how many of what, for example 12篇信息."),
    ),
    "no_category": (
        gettext_lazy("It isn't said what is counted."),
        gettext_lazy("Add the kind, for example 12篇信息."),
    ),
    "empty": (
        gettext_lazy("This department has no target."),
        gettext_lazy("Write its target, or leave the line out."),
    ),
    "negative": (
        gettext_lazy("A target can't be below zero."),
        gettext_lazy("Write a whole number of at least 1."),
    ),
    "zero": (
        gettext_lazy("A target of 0 is none."),
        gettext_lazy("Write a whole number of at least 1, or leave the line out."),
    ),
    "not_whole": (
        gettext_lazy("A target is a whole number."),
        gettext_lazy("Write it without a decimal point."),
    ),
    "range": (
        gettext_lazy("A range isn't a target."),
        gettext_lazy("Write one number: what is the least that is expected?"),
    ),
    "period": (
        gettext_lazy("Only yearly and monthly targets are known so far."),
        gettext_lazy("Write the figure for the year, for example 24篇信息, or for each month, 信息每月2篇."),
    ),
    "too_large": (
        gettext_lazy("The target is larger than %(largest)s."),
        gettext_lazy("Check the number."),
    ),
    "too_long": (
        gettext_lazy("The text is too long for one target."),
        gettext_lazy("Shorten the note, or write each target on a line of its own."),
    ),
    "parts_above": (
        gettext_lazy("The parts come to %(sum)s, more than the target of %(target)s."),
        gettext_lazy("Correct the parts or the target."),
    ),
    "duplicate_part": (
        gettext_lazy("The same part is named twice."),
        gettext_lazy("Put the two together."),
    ),
    "duplicate_department": (
        gettext_lazy("%(department)s stands in row %(first)s already."),
        gettext_lazy("Correct the department's name, or leave the line out."),
    ),
    "duplicate_category": (
        gettext_lazy("%(department)s has a target for %(category)s in row %(first)s already."),
        gettext_lazy("Put the two together, or leave one out."),
    ),
    "no_department_name": (
        gettext_lazy("There is no department on this line or above it."),
        gettext_lazy("Write the department's name."),
    ),
    "long_department": (
        gettext_lazy("The department's name is longer than 60 characters."),
        gettext_lazy("Correct the department's name."),
    ),
}


@dataclass(frozen=True)
class ShownProblem:
    row: int
    text: str
    message: str
    cure: str
    index: int
    """Where the line stands in the kept rows, for its input."""


@dataclass(frozen=True)
class ShownLine:
    line: QuotaLine
    department: Department | None
    category: Category | None


@dataclass(frozen=True)
class Unknown:
    """A name nobody knows yet; `decision` is "" until the person decided, "new…" or the id of an existing row.

    `suggestion` is what the page preselects, so that a table of unknown departments is one look and one click.
    """

    name: str
    decision: str
    field: str
    suggestion: str = ""


@dataclass(frozen=True)
class TotalCheck:
    """The stated total of a category against the sum read. `code` is what is acknowledged when they differ."""

    category: str
    stated: int
    read: int

    @property
    def code(self) -> str:
        return f"{self.category}:{self.stated}:{self.read}"

    @property
    def differs(self) -> bool:
        return self.stated != self.read


@dataclass(frozen=True)
class QuotaChange:
    """`old` or `new` is None where a quota comes or goes."""

    department: str
    category: str
    old: int | None
    new: int | None


@dataclass(frozen=True)
class Preview:
    tables: list[str]
    chosen: int | None
    rows: list[SourceRow]
    lines: list[ShownLine]
    problems: list[ShownProblem]
    departments: list[Unknown]
    categories: list[Unknown]
    totals: list[TotalCheck]
    changes: list[QuotaChange] = field(default_factory=list)

    @property
    def undecided(self) -> list[Unknown]:
        return [unknown for unknown in [*self.departments, *self.categories] if not unknown.decision]

    @property
    def differing(self) -> list[TotalCheck]:
        return [check for check in self.totals if check.differs]

    @property
    def is_ready(self) -> bool:
        """Whether it can be taken in, once differing totals are acknowledged."""
        return self.chosen is not None and not self.problems and not self.undecided and bool(self.lines)


def preview(quota_import: QuotaImport) -> Preview:
    """Everything the page shows, worked out anew from the kept rows and decisions."""
    reading = quota_import.reading
    captions = [table["caption"] for table in reading["tables"]]
    if reading["chosen"] is None:
        return Preview(captions, None, [], [], [], [], [], [])
    table = reading["tables"][reading["chosen"]]
    rows = [SourceRow(*row[:4]) for row in table["rows"]]
    kept = [row for row, raw in zip(rows, table["rows"], strict=True) if not raw[4]]
    read = read_rows(kept)
    departments, categories = _Names.departments(reading), _Names.categories(reading)
    lines = [
        ShownLine(line, departments.find(line.department), categories.find(line.category))
        for line in read.lines
    ]
    return Preview(
        tables=captions,
        chosen=reading["chosen"],
        rows=rows,
        lines=lines,
        problems=_problems(read, rows) + _clashes(lines, rows),
        departments=departments.unknown(line.department for line in read.lines),
        categories=categories.unknown(line.category for line in read.lines),
        totals=_totals(table["total"], read),
        changes=_changes(quota_import.plan, lines),
    )


class _Names:
    """Names as they stand in the table → rows of ours, by name or by the person's decision."""

    def __init__(self, prefix: str, known: Iterable[Any], decisions: Mapping[str, str]) -> None:
        known = list(known)
        self.prefix = prefix
        self.by_name = {row.name: row for row in known}
        self.by_pk = {str(row.pk): row for row in known}
        self.decisions = decisions

    @classmethod
    def departments(cls, reading: Mapping[str, Any]) -> _Names:
        return cls("department", Department.objects.all(), reading["departments"])

    @classmethod
    def categories(cls, reading: Mapping[str, Any]) -> _Names:
        return cls("category", Category.objects.all(), reading["categories"])

    def find(self, name: str) -> Any:
        return self.by_name.get(name) or self.by_pk.get(self.decisions.get(name, ""))

    def suggested(self, name: str) -> str:
        return f"new:{probable_kind(name)}" if self.prefix == "department" else ""

    def unknown(self, names: Iterable[str]) -> list[Unknown]:
        found = [name for name in dict.fromkeys(names) if name not in self.by_name]
        return [
            Unknown(name, self.decisions.get(name, ""), f"{self.prefix}-{number}", self.suggested(name))
            for number, name in enumerate(found)
        ]


def _problems(read: Reading, rows: list[SourceRow]) -> list[ShownProblem]:
    shown = [_shown(problem, rows) for problem in read.problems]
    long = [row for row in rows if len(row.department) > 60]
    return shown + [_shown(Problem(row.row, row.department, "long_department"), rows) for row in long]


def _clashes(lines: list[ShownLine], rows: list[SourceRow]) -> list[ShownProblem]:
    """Two names given the same department, or the same category: their targets would stand twice."""
    seen: dict[tuple[int, int], QuotaLine] = {}
    found = []
    for shown in lines:
        if shown.department is None or shown.category is None:
            continue
        first = seen.setdefault((shown.department.pk, shown.category.pk), shown.line)
        if first is not shown.line:
            values: dict[str, str | int] = {
                "department": shown.department.name,
                "category": shown.category.name,
                "first": first.row,
            }
            found.append(_shown(Problem(shown.line.row, shown.line.text, "duplicate_category", values), rows))
    return found


def _shown(problem: Problem, rows: list[SourceRow]) -> ShownProblem:
    message, cure = PROBLEMS[problem.code]
    index = next((number for number, row in enumerate(rows) if row.row == problem.row), 0)
    return ShownProblem(problem.row, problem.text, str(message) % problem.values, str(cure), index)


def _totals(stated: str, read: Reading) -> list[TotalCheck]:
    sums = read.sums()
    found = []
    for category, total in parse_total(stated).items():
        # A bare number means the kind most departments have.
        name = category or max(sums, key=lambda key: sum(x.category == key for x in read.lines), default="")
        found.append(TotalCheck(name, total, sums.get(name, 0)))
    return found


def _changes(plan: Plan, lines: list[ShownLine]) -> list[QuotaChange]:
    """What differs from the quotas the plan has now; nothing when it has none yet."""
    quotas = plan.quotas.top().select_related("department", "category")
    before = {(quota.department.name, quota.category.name): quota.per_year for quota in quotas}
    if not before:
        return []
    after = {
        (
            x.department.name if x.department else x.line.department,
            x.category.name if x.category else x.line.category,
        ): x.line.per_year
        for x in lines
    }
    keys = [*after, *(key for key in before if key not in after)]
    return [
        QuotaChange(*key, before.get(key), after.get(key))
        for key in keys
        if before.get(key) != after.get(key)
    ]
