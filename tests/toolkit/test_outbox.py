"""Effects that happen exactly once: whoever dies, whoever clicks twice."""

import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from hospital.models import Department
from tests.factories import make_department
from tests.workers import worker_environment
from toolkit import outbox
from toolkit.models import OutboxMessage, OutboxState


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers of these tests only. The product's are imported before, lest they register here and vanish."""
    autodiscover_modules("services", "tasks")
    monkeypatch.setattr(outbox, "_handlers", {})


@pytest.fixture
def effects() -> list[Any]:
    """A handler "note" that writes down its payloads."""
    seen: list[Any] = []

    @outbox.handler("note")
    def note(message: OutboxMessage) -> None:
        seen.append(message.payload["text"])

    return seen


def write(key: str = "k", **payload: Any) -> OutboxMessage:
    message = outbox.enqueue(key=key, kind="note", payload={"text": "差2篇", **payload})
    assert message is not None
    return message


@pytest.mark.django_db
def test_a_second_message_of_the_same_key_is_not_written(effects: list[Any]) -> None:
    """The reminder run twice in one month must not write to the department twice."""
    assert write("reminder:202610:3") is not None
    assert outbox.enqueue(key="reminder:202610:3", kind="note", payload={"text": "again"}) is None
    assert outbox.sweep() == 1
    assert outbox.sweep() == 0
    assert effects == ["差2篇"]


@pytest.mark.django_db
def test_a_message_of_a_transaction_that_failed_does_not_exist(effects: list[Any]) -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert outbox.sweep() == 0


@pytest.mark.django_db
def test_a_sent_message_is_not_sent_again(effects: list[Any]) -> None:
    message = write()
    assert outbox.deliver(message.pk)
    assert not outbox.deliver(message.pk)
    message.refresh_from_db()
    assert (message.state, message.tries) == (OutboxState.SENT, 1)
    assert message.sent_at is not None
    assert effects == ["差2篇"]


@pytest.mark.django_db
def test_a_failed_effect_leaves_nothing_behind_and_is_tried_again() -> None:

    @outbox.handler("note")
    def half(message: OutboxMessage) -> None:
        make_department("HALF", "做了一半")
        if message.tries < 2:
            raise OSError("mail server away")

    message, now = write(), timezone.now()
    assert not outbox.deliver(message.pk)
    assert not Department.objects.filter(code="HALF").exists()
    message.refresh_from_db()
    assert message.error == "OSError: mail server away"
    assert message.next_try_at > now + timedelta(seconds=25)
    assert outbox.sweep() == 0, "not due yet"
    assert outbox.sweep(at=now + timedelta(minutes=2)) == 1
    assert Department.objects.filter(code="HALF").count() == 1


@pytest.mark.django_db
def test_after_eight_tries_it_is_given_up_visibly_and_can_be_sent_again() -> None:
    broken = True

    @outbox.handler("note")
    def note(message: OutboxMessage) -> None:
        if broken:
            raise OSError("mail server away")

    message, at = write(), timezone.now()
    for _ in range(12):
        at += timedelta(hours=2)
        outbox.sweep(at=at)
    message.refresh_from_db()
    assert (message.state, message.tries) == (OutboxState.FAILED, 8)
    broken = False
    assert outbox.resend(message)
    assert outbox.sweep() == 1
    assert not outbox.resend(message), "only what was given up can be sent again"


@pytest.mark.django_db
def test_one_poisoned_message_does_not_stop_the_others(effects: list[Any]) -> None:
    outbox.enqueue(key="unknown", kind="nobody handles this", payload={})
    write("good")
    assert outbox.sweep() == 1
    assert effects == ["差2篇"]


@pytest.mark.django_db
def test_an_external_effect_runs_outside_a_transaction_with_a_stable_message_id() -> None:
    """An e-mail takes seconds; it must not keep everybody else from writing meanwhile."""
    depth, ids = [], []

    @outbox.handler("mail", external=True)
    def mail(message: OutboxMessage) -> None:
        depth.append(len(connection.savepoint_ids))
        ids.append(outbox.message_id(message))
        if len(ids) == 1:
            raise OSError("connection reset")

    message = outbox.enqueue(key="m", kind="mail", payload={})
    assert message is not None
    outside = len(connection.savepoint_ids)
    outbox.sweep()
    outbox.sweep(at=timezone.now() + timedelta(minutes=5))
    assert depth == [outside, outside]
    assert ids[0] == ids[1]


@pytest.mark.django_db
def test_a_broken_row_is_not_mistaken_for_a_known_key() -> None:
    with pytest.raises(IntegrityError):
        outbox.enqueue(key=None, kind="note", payload={})  # type: ignore[arg-type]  # the mistake under test


def test_two_handlers_of_one_kind_are_refused(effects: list[Any]) -> None:
    with pytest.raises(ValueError, match="already has a handler"):

        @outbox.handler("note")
        def other(message: OutboxMessage) -> None: ...


@pytest.mark.django_db(transaction=True)
def test_six_workers_at_once_make_the_effect_once(effects: list[Any]) -> None:
    message = write()
    gate = threading.Barrier(6)

    def work() -> None:
        gate.wait(10)
        outbox.deliver(message.pk)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert effects == ["差2篇"]


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing() -> None:
    """kill -9 between the effect and "sent": the effect is rolled back, and the sweeper makes it once."""
    message = OutboxMessage.objects.create(key="crash", kind="crash")
    run_and_die("message", str(message.pk))
    assert not Department.objects.filter(code="HALF").exists()

    @outbox.handler("crash")
    def again(message: OutboxMessage) -> None:
        make_department("HALF", "这次做完")

    assert outbox.sweep() == 0, "the dead worker's lease still holds"
    later = timezone.now() + timedelta(minutes=2)
    assert outbox.sweep(at=later) == 1
    assert outbox.sweep(at=later + timedelta(hours=1)) == 0
    assert Department.objects.filter(code="HALF").count() == 1


def run_and_die(*arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.toolkit.crashing", *arguments],
        cwd=settings.BASE_DIR,
        env=worker_environment(),
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -9, done.stderr.decode()[-2000:]
