"""The two annual plans through the plans' own doors: written, quota table taken in, returned, approved."""

from __future__ import annotations

import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps

from plans.defaults import ensure_categories
from plans.imports import quota_import_commit, quota_import_open_bytes
from plans.models import Plan, QuotaImport
from plans.services import SectionText, plan_amend, plan_create, plan_move, plan_save
from publicity.demo.histories import LOCAL
from publicity.demo.people import CHIEF, TEXTS
from publicity.demo.people_rows import Staff
from publicity.demo.trail import Trail
from toolkit.richtext import from_text

QUOTA_TABLE = Path("data") / "quota-table-2024.xlsx"
PRESIDENT, SECRETARY = "0001", "0002"
AMENDED_AFTER = timedelta(days=60)


def make_plans(*, staff: Staff, trail: Trail, now: datetime) -> dict[int, Plan]:
    """By year: last year's, and this year's, which was returned once. Both are in force."""
    ensure_categories()
    last_year = _written(staff, trail, now.year - 1, _day(now, now.year - 1, 8), number=6)
    _move(staff, trail, last_year, "submit", CHIEF.staff_no, _day(now, now.year - 1, 9))
    _move(
        staff, trail, last_year, "approve", PRESIDENT, _day(now, now.year - 1, 12), note=_text("approve_note")
    )
    this_year = _written(staff, trail, now.year, _day(now, now.year, 5), number=4, before_return=True)
    _move(staff, trail, this_year, "submit", CHIEF.staff_no, _day(now, now.year, 7))
    _move(staff, trail, this_year, "return", SECRETARY, _day(now, now.year, 9), note=_text("return_note"))
    _improve(staff, trail, this_year, _day(now, now.year, 11))
    _move(staff, trail, this_year, "submit", CHIEF.staff_no, _day(now, now.year, 12))
    _move(staff, trail, this_year, "approve", PRESIDENT, _day(now, now.year, 13), note=_text("approve_note"))
    if now - _day(now, now.year, 13) > AMENDED_AFTER:
        two_days_ago = (now - timedelta(days=2)).replace(hour=10, minute=40)
        _amend(staff, trail, this_year, two_days_ago)
    return {plan.year: plan for plan in (last_year, this_year)}


def _amend(staff: Staff, trail: Trail, plan: Plan, at: datetime) -> None:
    """An amendment that awaits a leader's approval: targets moved between departments, one sentence more."""
    chief = staff.people[CHIEF.staff_no]
    with trail.at(at):
        amended = plan_amend(plan=plan, actor=chief)
        sections = [
            SectionText(
                section.heading, section.body + from_text(_texts()["amendment"].get(section.heading, ""))
            )
            for section in amended.sections.all()
        ]
        fields = {"title": amended.title, "number": amended.number, "guiding_idea": amended.guiding_idea}
        plan_save(plan=amended, version=amended.version, fields=fields, sections=sections, actor=chief)
        for name, target in _texts()["new_targets"].items():
            amended.quotas.top().filter(category__code="info", department__name=name).update(target=target)
    Plan.objects.filter(pk=amended.pk).update(created_at=at)
    amended.refresh_from_db()
    _move(staff, trail, amended, "submit", CHIEF.staff_no, at + timedelta(hours=1))


def _day(now: datetime, year: int, day: int) -> datetime:
    """A January morning; in the first days of a year the last days before now, still in order."""
    return min(datetime(year, 1, day, 9, 40, tzinfo=LOCAL), now - timedelta(hours=20 - day))


def _text(name: str) -> str:
    return str(_texts()[name]).strip()


def _texts() -> dict[str, Any]:
    return tomllib.loads((TEXTS / "plan.toml").read_text(encoding="utf-8"))


def _written(
    staff: Staff, trail: Trail, year: int, at: datetime, *, number: int, before_return: bool = False
) -> Plan:
    chief = staff.people[CHIEF.staff_no]
    with trail.at(at):
        plan = plan_create(year=year, actor=chief, title=_text("title").format(year=year))
        fields = {
            "title": plan.title,
            "number": _text("number").format(year=year, number=number),
            "guiding_idea": from_text(_text("guiding_idea")),
        }
        plan = plan_save(
            plan=plan,
            version=plan.version,
            fields=fields,
            sections=_sections(before_return=before_return),
            actor=chief,
        )
    with trail.at(at + timedelta(hours=2)):
        _take_in_quotas(plan, year, staff)
    Plan.objects.filter(pk=plan.pk).update(created_at=at, updated_at=at + timedelta(hours=2))
    QuotaImport.objects.filter(plan=plan).update(uploaded_at=at + timedelta(hours=2))
    return plan


def _sections(*, before_return: bool = False) -> list[SectionText]:
    bodies = ("body_before", "body") if before_return else ("body", "body")
    return [
        SectionText(row["heading"], from_text(row.get(bodies[0], row[bodies[1]])))
        for row in _texts()["section"]
    ]


def _improve(staff: Staff, trail: Trail, plan: Plan, at: datetime) -> None:
    """What the leader asked for, written in before it is submitted again."""
    fields = {"title": plan.title, "number": plan.number, "guiding_idea": plan.guiding_idea}
    with trail.at(at):
        plan_save(
            plan=plan,
            version=plan.version,
            fields=fields,
            sections=_sections(),
            actor=staff.people[CHIEF.staff_no],
        )


def _take_in_quotas(plan: Plan, year: int, staff: Staff) -> None:
    """The hospital's own table as it is shipped, read by the same parser as an upload."""
    chief = staff.people[CHIEF.staff_no]
    content = (Path(apps.get_app_config("plans").path) / QUOTA_TABLE).read_bytes()
    name = f"{year}年宣传工作目标任务分解表.xlsx"
    upload = quota_import_open_bytes(plan=plan, name=name, content=content, actor=chief)
    quota_import_commit(quota_import=upload, actor=chief)


def _move(
    staff: Staff, trail: Trail, plan: Plan, action: str, by: str, at: datetime, *, note: str = ""
) -> None:
    with trail.at(at):
        plan_move(plan=plan, action=action, actor=staff.people[by], note=note, at=at)
    Plan.objects.filter(pk=plan.pk).update(updated_at=at)
    plan.refresh_from_db()
