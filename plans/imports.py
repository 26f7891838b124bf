"""Taking in an uploaded quota table in two steps: what was read is kept and corrected, then one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospital.models import Department, User
from hospital.states import DepartmentKind
from plans.models import Category, Plan, QuotaImport, QuotaItem
from plans.previews import Preview, Unknown, preview
from plans.quota_tables import Extract, NoTable, extract
from plans.states import IMPORT_MOVES, OPEN_STATES, Counts, ImportState
from toolkit import audit
from toolkit.moves import MoveRefused
from toolkit.sheets import read_tables
from toolkit.uploads import UploadRefused, check_document

if TYPE_CHECKING:
    from toolkit.sheets.reader import Kind

KINDS = ("xlsx", "docx", "csv")

NO_TABLE = {
    "no_table": gettext_lazy(
        "The file has no table with a department column (科室) and a target column (目标数). Check that it is the "
        "quota table, and that these two headings stand above it."
    ),
    "no_department": gettext_lazy(
        "The table has no department column. Give the column with the departments the heading 科室 and upload "
        "the file again."
    ),
    "no_target": gettext_lazy(
        "The table has no target column. Give the column with the targets the heading 目标数 and upload the file "
        "again."
    ),
}

# --- the upload ----------------------------------------------------------------------------------------------------


@transaction.atomic
def quota_import_open(*, plan: Plan, upload: UploadedFile, actor: User) -> QuotaImport:
    """Read the file and keep what was read. Raises UploadRefused with a sentence; nothing is saved then."""
    _require_open(plan)
    checked = check_document(upload, allowed=KINDS)
    upload.seek(0)
    tables = read_tables(upload.read(), kind=cast("Kind", checked.extension))
    return _keep(plan, str(upload.name or ""), checked.sha256, _found(tables), actor)


def quota_import_open_bytes(*, plan: Plan, name: str, content: bytes, actor: User) -> QuotaImport:
    """The same for a file of our own (the demonstration): `name` ends in .xlsx, .docx or .csv."""
    kind = cast("Kind", name.rpartition(".")[2])
    found = _found(read_tables(content, kind=kind))
    return _keep(plan, name, hashlib.sha256(content).hexdigest(), found, actor)


def _found(tables: Iterable[Any]) -> list[Extract]:
    try:
        return extract(tables)
    except NoTable as why:
        raise UploadRefused(str(NO_TABLE[why.code]), code=why.code) from None


def _keep(plan: Plan, name: str, sha256: str, found: list[Extract], actor: User) -> QuotaImport:
    reading: dict[str, Any] = {
        "tables": [
            {
                "caption": table.caption,
                "rows": [[row.row, row.department, row.text, row.responsible, False] for row in table.rows],
                "total": table.total,
                "total_row": table.total_row,
            }
            for table in found
        ],
        # With several tables the person says which one.
        "chosen": 0 if len(found) == 1 else None,
        "departments": {},
        "categories": {},
    }
    kept: QuotaImport = QuotaImport.objects.create(
        plan=plan, file_name=name[-200:], sha256=sha256, reading=reading, uploaded_by=actor
    )
    audit.record(actor=actor, action="quota_upload", obj=kept, changes={"sha256": sha256})
    return kept


def _require_open(plan: Plan) -> None:
    if not Plan.objects.open().filter(pk=plan.pk).exists():
        raise MoveRefused(
            _("The plan is submitted or in force; its quotas can't be replaced. Amend the plan first."),
            code="state",
        )


# --- corrections, and taking in ---


@transaction.atomic
def quota_import_revise(*, quota_import: QuotaImport, data: Mapping[str, Any]) -> QuotaImport:
    """Keep the person's corrections. `data` is the posted form: table, row-<index>-text, row-<index>-department,
    row-<index>-skip (with row-<index>-shown), department-<n>, category-<n>.
    """
    shown = preview(quota_import)
    reading = quota_import.reading
    _choose_table(reading, data)
    if shown.chosen is not None:
        _correct_rows(reading["tables"][shown.chosen]["rows"], data)
    for unknown in shown.departments:
        _decide(
            reading["departments"],
            unknown,
            data,
            Department,
            {f"new:{kind}" for kind in DepartmentKind.values},
        )
    for unknown in shown.categories:
        _decide(reading["categories"], unknown, data, Category, {"new"})
    quota_import.save(update_fields=["reading"])
    return quota_import


def _choose_table(reading: dict[str, Any], data: Mapping[str, Any]) -> None:
    chosen = str(data.get("table", ""))
    if chosen.isdecimal() and int(chosen) < len(reading["tables"]):
        reading["chosen"] = int(chosen)


def _correct_rows(rows: list[list[Any]], data: Mapping[str, Any]) -> None:
    for index, row in enumerate(rows):
        if f"row-{index}-shown" not in data:
            continue
        row[1] = str(data.get(f"row-{index}-department", row[1])).strip()[:200]
        row[2] = str(data.get(f"row-{index}-text", row[2])).strip()[:1000]
        row[4] = bool(data.get(f"row-{index}-skip"))


def _decide(
    decisions: dict[str, str], unknown: Unknown, data: Mapping[str, Any], model: Any, new: set[str]
) -> None:
    chosen = str(data.get(unknown.field, unknown.decision))
    exists = chosen.isdecimal() and model.objects.filter(pk=int(chosen)).exists()
    decisions[unknown.name] = chosen if chosen in new or exists else ""


@transaction.atomic
def quota_import_commit(
    *, quota_import: QuotaImport, actor: User, acknowledged: Iterable[str] = ()
) -> list[QuotaItem]:
    """Replace the plan's quotas by what was read, all or nothing.

    Raises ValidationError when something is still open, MoveLost when somebody else took it in first.
    """
    shown = preview(quota_import)
    if not shown.is_ready:
        raise ValidationError(_("Something is still open; see the marks below."), code="not_ready")
    if any(check.code not in set(acknowledged) for check in shown.differing):
        raise ValidationError(
            _("The stated total differs from the sum. Please confirm that you want to go on."), code="total"
        )
    # Holds the plan's row till the end, so that it can't be submitted meanwhile.
    touched = Plan.objects.filter(pk=quota_import.plan_id, state__in=OPEN_STATES)
    if not touched.update(updated_at=timezone.now()):
        _require_open(quota_import.plan)
    IMPORT_MOVES.perform(obj=quota_import, action="take_in", actor=actor)
    return _replace_quotas(quota_import, shown, actor)


def quota_import_drop(*, quota_import: QuotaImport, actor: User) -> None:
    IMPORT_MOVES.perform(obj=quota_import, action="drop", actor=actor)


def open_imports(plan: Plan) -> list[QuotaImport]:
    return list(plan.imports.filter(state=ImportState.OPEN).select_related("uploaded_by"))


def _replace_quotas(quota_import: QuotaImport, shown: Preview, actor: User) -> list[QuotaItem]:
    plan = quota_import.plan
    departments = {
        x.name: _new_department(x, actor) for x in shown.departments if x.decision.startswith("new:")
    }
    units = {x.line.category: x.line.unit for x in shown.lines}
    categories = {
        x.name: _new_category(x, units[x.name], actor) for x in shown.categories if x.decision == "new"
    }
    plan.quotas.all().delete()
    parents = [
        QuotaItem(
            plan=plan,
            department=x.department or departments[x.line.department],
            category=x.category or categories[x.line.category],
            target=x.line.target,
            period=x.line.period,
            responsible=x.line.responsible[:60],
            note=x.line.note,
            source_text=x.line.text,
            order=order * 10,
        )
        for order, x in enumerate(shown.lines, 1)
    ]
    for parent in parents:
        parent.clean_fields()
    QuotaItem.objects.bulk_create(parents)
    children = [
        _part(parent, label, target, number)
        for parent, x in zip(parents, shown.lines, strict=True)
        for number, (label, target) in enumerate(x.line.parts, 1)
    ]
    QuotaItem.objects.bulk_create(children)
    changes = {"quotas": len(parents), "parts": len(children)}
    audit.record(actor=actor, action="quota_replace", obj=plan, changes=changes)
    return parents


def _part(parent: QuotaItem, label: str, target: int, number: int) -> QuotaItem:
    part = QuotaItem(
        plan=parent.plan,
        department=parent.department,
        category=parent.category,
        parent=parent,
        label=label,
        target=target,
        period=parent.period,
        order=parent.order + number,
    )
    part.clean_fields()
    return part


def _new_department(unknown: Unknown, actor: User) -> Department:
    kind = unknown.decision.partition(":")[2]
    last = Department.objects.aggregate(last=Max("order"))["last"] or 0
    department: Department = Department.objects.create(
        code=_free_code(Department, "D"), name=unknown.name, kind=kind, order=last + 10
    )
    audit.record(actor=actor, action="department_create", obj=department)
    return department


def _new_category(unknown: Unknown, unit: str, actor: User) -> Category:
    last = Category.objects.aggregate(last=Max("order"))["last"] or 0
    category: Category = Category.objects.create(
        code=_free_code(Category, "c"),
        name=unknown.name,
        unit=unit or "篇",
        counts=Counts.LOGGED,
        order=last + 10,
    )
    audit.record(actor=actor, action="category_create", obj=category)
    return category


def _free_code(model: Any, letter: str) -> str:
    taken = set(model.objects.filter(code__startswith=letter).values_list("code", flat=True))
    number = len(taken) + 1
    while f"{letter}{number:03d}" in taken:
        number += 1
    return f"{letter}{number:03d}"
