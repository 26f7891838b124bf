"""Every Celery task and management command: what it does with a number that names nothing, and when it runs twice."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command, get_commands

from hospital.models import Notification
from publicity.celery import app
from tests.factories import Cast
from tests.plans.factories import make_ruling
from toolkit import outbox
from toolkit.models import Job, JobRun, OutboxMessage

# Task → what it is given when the row it was sent for is gone.
TASKS: dict[str, list[Any]] = {
    "toolkit.tasks.deliver_message": [99_999_999],
    "toolkit.tasks.run_job": [str(uuid.UUID(int=7))],
    "toolkit.tasks.sweep": [],
    "publicity.tasks.tick": [],
}
# Command → what it is given that names nothing, or nothing where it takes no number, month, year or file.
COMMANDS: dict[str, list[list[str]]] = {
    "send_reminders": [["--month", "202613"], ["--month", "209912"], ["--month", "0"]],
    "export_appraisal": [["--year", "1"], ["--year", "99999"]],
    "restore": [["/nowhere/at-all.backup"]],
    "audit_verify": [["--file", "/nowhere/at-all.gz"]],
    "audit_archive": [],
    "backup": [],
    "catalog": [],
    "demo": [],
    "flush": [],
    "rotate_field_key": [],
}


def own_commands() -> set[str]:
    root = Path(settings.BASE_DIR)
    found = root.glob("*/management/commands/*.py")
    return {path.stem for path in found if path.stem != "__init__"}


def test_every_task_and_command_has_its_line() -> None:
    app.loader.import_default_modules()
    assert {name for name in app.tasks if not name.startswith("celery.")} == set(TASKS)
    assert own_commands() == set(COMMANDS)
    assert own_commands() <= set(get_commands())


@pytest.mark.parametrize("name", TASKS)
def test_a_task_for_a_row_that_is_gone_does_nothing_twice(db: None, name: str) -> None:
    app.loader.import_default_modules()
    for _again in range(2):
        app.tasks[name].apply(args=TASKS[name], throw=True)
    assert not Notification.objects.exists()
    assert not OutboxMessage.objects.exists()


@pytest.mark.parametrize("name", [name for name, given in COMMANDS.items() if given])
def test_a_command_for_what_is_not_there_says_so(db: None, name: str) -> None:
    for given in COMMANDS[name]:
        with pytest.raises(CommandError) as told:
            call_command(name, *given)
        assert str(told.value)
    assert not Job.objects.exists()


def test_the_reminder_run_twice_reminds_once(cast: Cast) -> None:
    make_ruling(cast)
    for _again in range(2):
        call_command("send_reminders")
    outbox.sweep()
    keys = list(Notification.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys))


def test_the_tick_run_twice_runs_each_kind_once(db: None) -> None:
    app.loader.import_default_modules()
    for _again in range(2):
        app.tasks["publicity.tasks.tick"].apply(throw=True)
    runs = list(JobRun.objects.values_list("kind", "period"))
    assert len(runs) == len(set(runs))
    assert Job.objects.filter(kind="appraisal").count() <= 1
