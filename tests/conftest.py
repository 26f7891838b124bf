"""What every test may use: which tests run where, waiting, real workers and real browsers."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests import servers
from tests.factories import Cast, make_cast

pytest_plugins = ["tests.browsers", "tests.workers"]

CURES = {
    "browser": ("chromium", "Chromium isn't installed: apt-get install chromium fonts-noto-cjk"),
    "ldap": ("slapd", "OpenLDAP's server isn't installed: apt-get install slapd"),
    "office": ("soffice", "LibreOffice isn't installed: apt-get install libreoffice poppler-utils"),
}
SKIPS_OF_EARLIER_RUNS = "TEST_SKIPS_FILE"
_skips: dict[str, list[str]] = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what belongs to the other run; skip, with a cure, what this machine can't do."""
    other_run = {
        "postgres": connection.vendor != "postgresql",
        "redis": not settings.REDIS_URL,
    }
    kept, left_out = [], []
    for item in items:
        away = any(absent and item.get_closest_marker(mark) for mark, absent in other_run.items())
        (left_out if away else kept).append(item)
        for mark, (command, cure) in CURES.items():
            if item.get_closest_marker(mark) and not shutil.which(command):
                item.add_marker(pytest.mark.skip(reason=cure))
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember why a test was skipped."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skips.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Where CI=true, a skipped test is a failed run: CI must be able to run everything."""
    if _is_controller(session.config) and servers.wanted("CI") and _skips and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """List what was skipped in this run and in the runs before it, each with what would make it run."""
    if not _is_controller(config):
        return
    skips = {reason: len(tests) for reason, tests in _skips.items()}
    if file := os.environ.get(SKIPS_OF_EARLIER_RUNS):
        path = Path(file)
        earlier = json.loads(path.read_text()) if path.exists() else {}
        skips = {reason: skips.get(reason, 0) + earlier.get(reason, 0) for reason in {**earlier, **skips}}
        path.write_text(json.dumps(skips))
    if skips:
        terminalreporter.section("Skipped, and how to have it run")
        for reason, count in sorted(skips.items()):
            terminalreporter.line(f"{count} × {reason}")
        if servers.wanted("CI"):
            terminalreporter.line("CI=true: a skipped test is a failure.")


def _is_controller(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput")


@pytest.fixture(scope="session", autouse=True)
def alone_at_the_end(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """End what a page's thread or a killed worker left connected, or PostgreSQL can't drop the test database."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(autouse=True)
def own_media(settings: object, tmp_path: Path) -> None:
    """Files a test writes are its own."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]  # pytest-django's settings wrapper


@pytest.fixture
def cast(db: None) -> Cast:
    """The named people of tests/factories.py."""
    return make_cast()
