"""The year-end appraisal: figures a department can recompute, as a file attached to a job."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any

import openpyxl
import pytest
from django.core.management import CommandError, call_command

from plans.states import Level
from rewards.appraisal import appraisal_start, department_rows, person_rows
from rewards.ledger import settle, settle_shortfalls
from tests.factories import Cast
from tests.rewards.factories import (
    load_scheme,
    make_category,
    make_delivery,
    make_outlet,
    make_placement,
    make_quota,
)
from toolkit import jobs
from toolkit.models import Job, JobState


@pytest.fixture
def year(cast: Cast) -> Cast:
    """护理部: 州报 1 of 2, 信息 5 of 3. 李娜: three pieces delivered, 150 yuan."""
    press = make_category()
    info = make_category("notes", "信息简讯", counts="accepted", levels=[], media=[])
    load_scheme()
    make_quota(cast.nursing, press, 2, year=2025, author=cast.editor)
    make_quota(cast.nursing, info, 3, year=2025, author=cast.editor)
    make_delivery(cast.nursing, press, date(2025, 4, 1), cast.writer)
    for month in range(1, 6):
        make_delivery(cast.nursing, info, date(2025, month, 2), cast.writer if month < 3 else None)
    make_placement(cast.writer, on=date(2025, 4, 1))
    make_placement(cast.writer, outlet=make_outlet(Level.PROVINCE), on=date(2025, 5, 1))
    settle(year=2025)
    settle_shortfalls(year=2025)
    return cast


def test_a_surplus_in_one_category_fills_no_other(year: Cast) -> None:
    row = next(row for row in department_rows(year=2025) if row.name == "护理部")
    assert (row.target, row.delivered, row.counted, row.missing) == (5, 6, 4, 1)
    assert row.rate == Decimal("0.8000")
    assert (row.money.reward_fen, row.money.deduction_fen, row.money.net_fen) == (15000, -5000, 10000)


def test_a_person_has_pieces_placements_and_money(year: Cast) -> None:
    rows = person_rows(year=2025, departments=department_rows(year=2025))
    row = next(row for row in rows if row.staff_no == "0231")
    assert (row.delivered, row.placements, row.money.pieces, row.money.net_fen) == (3, 2, 2, 15000)
    assert row.department_rate == Decimal("0.8000")


def test_who_left_stays_in_the_year_they_worked(year: Cast) -> None:
    year.writer.is_active = False
    year.writer.save(update_fields=["is_active"])
    year.other_writer.is_active = False
    year.other_writer.save(update_fields=["is_active"])
    names = [row.name for row in person_rows(year=2025, departments=department_rows(year=2025))]
    assert "李娜" in names
    assert "孙悦" not in names


def sheets_of(job: Job) -> list[list[tuple[Any, ...]]]:
    with job.file.open("rb") as stored:
        book = openpyxl.load_workbook(BytesIO(stored.read()))
    return [[tuple(row) for row in sheet.iter_rows(values_only=True)] for sheet in book.worksheets]


def test_the_job_ends_with_the_file_and_full_progress(year: Cast) -> None:
    job = appraisal_start(year=2025, owner=year.editor)
    assert jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.state, job.percent) == (JobState.DONE, 100)
    assert job.done == job.total > 10
    departments, categories, people, method = sheets_of(job)
    nursing = next(row for row in departments if row[1] == "护理部")
    assert nursing[2:] == (5, 6, 4, 0.8, 1, 2, 150, -50, 100)
    assert len([row for row in categories if row[1] == "护理部"]) == 2
    assert next(row for row in people if row[1] == "0231")[8] == 150
    assert len(method) > 5


def test_running_the_job_twice_keeps_one_file(year: Cast) -> None:
    job = appraisal_start(year=2025, owner=year.editor)
    assert [jobs.run(job.pk), jobs.run(job.pk)] == [True, False]


def test_the_schedule_starts_one_job_a_year(cast: Cast) -> None:
    assert appraisal_start(year=2025, owner=None).pk == appraisal_start(year=2025, owner=None).pk
    assert appraisal_start(year=2026, owner=None).pk != appraisal_start(year=2025, owner=None).pk


def test_a_year_without_plan_or_pieces_still_gives_a_file(cast: Cast) -> None:
    job = appraisal_start(year=2019, owner=cast.editor)
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.DONE


def test_the_command_says_where_the_file_is(year: Cast) -> None:
    said = StringIO()
    call_command("export_appraisal", year=2025, stdout=said)
    assert ".xlsx" in said.getvalue()
    with pytest.raises(CommandError):
        call_command("export_appraisal", year=99)
