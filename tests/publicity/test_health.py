"""What the people who run the site rely on: alive, ready, figures, and logs that name nobody."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from publicity.tasks import tick
from tests.factories import Cast
from toolkit import outbox
from toolkit.models import JobRun, OutboxMessage
from toolkit.monitoring import probes
from toolkit.monitoring.logs import JsonLines, harmless, scrubbed

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def json_log() -> Iterator[StringIO]:
    """Everything that is logged, as production writes it."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    requests = logging.getLogger("toolkit.monitoring.requests")
    requests.setLevel(logging.INFO)
    yield written
    requests.setLevel(logging.WARNING)
    root.setLevel(level)
    root.removeHandler(handler)


def test_alive_asks_nobody(client: Client) -> None:
    """With the database away every web server would otherwise be restarted, again and again. (No database here.)"""
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_when_the_database_has_this_codes_tables(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "broker": "ok"}


@pytest.mark.django_db
def test_not_ready_before_migrate(client: Client) -> None:
    """Code that is ahead of its database would answer people with errors."""
    probes.cache.delete(probes.MIGRATED)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'toolkit'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["migrations"] == "behind"


@pytest.mark.django_db
def test_ready_without_its_broker(client: Client, settings: Any) -> None:
    """People go on working when Redis is away; the sweeper delivers."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["broker"] == "down"


def test_not_ready_without_its_database(tmp_path: Path) -> None:
    """A process whose database is away gets no people sent, says so in a word, and tells no address or password."""
    code = (
        "import django; django.setup()\n"
        "from django.test import Client\n"
        "answer = Client().get('/readyz')\n"
        "print(answer.status_code, answer.content.decode())"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "PUBLICITY_VAR": str(tmp_path),
        "PUBLICITY_NO_DOTENV": "1",
        "DJANGO_SETTINGS_MODULE": "publicity.settings",
        "DATABASE_URL": "postgres://someone:a-long-secret@127.0.0.1:1/nowhere",
        "LOG_FORMAT": "json",
    }
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == '503 {"database": "down", "broker": "ok", "migrations": "down"}'
    assert "a-long-secret" not in run.stdout + run.stderr
    assert "127.0.0.1" not in run.stdout + run.stderr


@pytest.mark.django_db
def test_probes_answer_without_https(client: Client, settings: Any) -> None:
    """A load balancer asks the address itself; a redirect to https would read as a dead node."""
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/login/").status_code == 301


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_only_read(client: Client, address: str, method: str) -> None:
    assert getattr(client, method)(address).status_code == 405


@pytest.mark.django_db
def test_figures_are_for_the_named_machines(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 404
    settings.METRICS_FROM = ["10.0.5.7", "192.168.0.0/16"]
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", REMOTE_ADDR="192.168.3.4").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="").status_code == 404
    # Whoever isn't behind our own proxy can't say that they are somebody else.
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.5.7"}).status_code == 404
    settings.TRUSTED_PROXY_COUNT = 1
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.5.7, 10.9.9.9"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.9.9.9, 10.0.5.7"}).status_code == 200


@pytest.mark.django_db
def test_figures_tell_what_is_late(client: Client, settings: Any) -> None:
    """A dead worker or scheduler has to be seen before people miss their notices."""
    settings.METRICS_FROM = ["127.0.0.1"]
    settings.BACKUP_NIGHTLY = False
    message = outbox.enqueue(key="k", kind="never-handled", payload={})
    assert message is not None
    late = timezone.now() - timedelta(minutes=10)
    OutboxMessage.objects.filter(pk=message.pk).update(next_try_at=late)
    text = client.get("/metrics").content.decode()
    assert 'publicity_outbox_messages{state="pending"} 1.0' in text
    waited = next(line for line in text.splitlines() if line.startswith("publicity_outbox_late_seconds"))
    assert 600 <= float(waited.split()[1]) < 660
    assert 'publicity_jobs{state="waiting"} 0.0' in text
    assert 'kind="tick"' not in text
    tick()
    text = client.get("/metrics").content.decode()
    line = next(line for line in text.splitlines() if 'timestamp_seconds{kind="tick"}' in line)
    assert abs(float(line.split()[1]) - timezone.now().timestamp()) < 60


@pytest.mark.django_db
def test_figures_name_pages_not_people(cast: Cast, settings: Any) -> None:
    """Numbers and keys in addresses would make a person's way through the site readable, and a row for each."""
    settings.METRICS_FROM = ["127.0.0.1"]
    client = Client()
    client.force_login(cast.auditor)
    client.get("/plans/987654/")
    client.get("/nowhere/13800138000/")
    text = client.get("/metrics").content.decode()
    assert 'publicity_requests_total{method="GET",route="/plans/<int:pk>/",status="404"}' in text
    assert 'route="(none)"' in text
    for secret in ("987654", "13800138000", cast.auditor.name, cast.auditor.staff_no):
        assert secret not in text


@pytest.mark.django_db
def test_figures_cost_four_questions(client: Client, settings: Any, django_assert_num_queries: Any) -> None:
    settings.METRICS_FROM = ["127.0.0.1"]
    JobRun.objects.create(kind="settle", period="2026-11-21", state="done", finished_at=timezone.now())
    with django_assert_num_queries(5):
        client.get("/metrics")


@pytest.mark.django_db
def test_a_request_is_one_line_that_names_nobody(cast: Cast, json_log: StringIO) -> None:
    client = Client()
    client.force_login(cast.auditor)
    client.get("/audit/?q=张三&phone=13800138000", headers={"X-Request-ID": "0123456789abcdef"})
    raw = json_log.getvalue()
    line = next(json.loads(text) for text in raw.splitlines() if '"request"' in text)
    assert line["request"] == "0123456789abcdef"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/audit/", 200)
    assert line["milliseconds"] > 0
    for secret in ("张三", "13800138000", "127.0.0.1", cast.auditor.name, cast.auditor.staff_no):
        assert secret not in raw


@pytest.mark.django_db
def test_a_failed_sign_in_leaves_no_name_in_the_log(cast: Cast, json_log: StringIO) -> None:
    """What people type into the first field is at times their password."""
    Client().post("/login/", {"username": "my-secret-Password-1", "password": "wrong"})
    assert "my-secret-Password-1" not in json_log.getvalue()


def test_an_exception_keeps_its_places_and_loses_its_words(json_log: StringIO) -> None:
    """A database quotes the row it refuses: Key (phone)=(13800138000) already exists."""
    try:
        raise ValueError("Key (phone)=(13800138000) 李思颖 already exists")
    except ValueError:
        logging.getLogger("hospital").exception("Saving %s failed for %s", "hospital.user", "李思颖")
    line = json.loads(json_log.getvalue())
    assert line["exception"] == "ValueError"
    assert line["message"] == "Saving hospital.user failed for …"
    assert line["at_code"][-1].startswith("tests/publicity/test_health.py:")
    assert "13800138000" not in json.dumps(line)
    assert "李思颖" not in json.dumps(line, ensure_ascii=False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (17, 17),
        ("quota_reminder", "quota_reminder"),
        ("202611", "202611"),
        ("2026-11-21", "2026-11-21"),
        ("0d9c6b9e-36c4-4d5e-9f3e-0d9c6b9e36c4", "0d9c6b9e-36c4-4d5e-9f3e-0d9c6b9e36c4"),
        ("1207", "…"),
        ("李思颖", "…"),
        ("someone@example.org", "…"),
        ("/drafts/17/", "…"),
        ({"username": "0101"}, "…"),
    ],
)
def test_only_technical_words_are_filled_in(value: object, shown: object) -> None:
    assert harmless(value) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid HTTP_HOST header: 'a.example'.", "Invalid HTTP_HOST header: …."),
        ("Login of 0101 from 10.0.5.7", "Login of … from …"),
        ("from fe80::1 to a@b.example", "from … to …"),
        ("用户 failed", "… failed"),
        ("Booting worker with pid: 17", "Booting worker with pid: 17"),
    ],
)
def test_what_was_put_together_before_is_scrubbed(text: str, shown: str) -> None:
    assert scrubbed(text) == shown
