"""Rows that are only ever added: the database refuses everything else, whoever asks."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from tests.factories import make_user
from toolkit import append_only, audit, audit_chain
from toolkit.models import AuditEvent, AuditLink

pytestmark = pytest.mark.django_db


def run(sql: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def refused() -> Iterator[None]:
    with pytest.raises(IntegrityError, match="append-only"):
        yield


def test_what_is_money_verdict_or_evidence_is_guarded() -> None:
    """A table nobody thought of could be tidied up in the database's own shell."""
    guarded = {model._meta.label for model in append_only.guarded_models()}
    assert guarded >= {
        "toolkit.AuditEvent",
        "toolkit.AuditLink",
        "toolkit.AuditArchive",
        "rewards.Entry",
        "rewards.PayoutLine",
        "correspondents.Revision",
        "correspondents.Review",
        "plans.PlanRevision",
        "plans.PlanApproval",
    }
    assert append_only.missing() == []


def test_the_database_refuses_to_change_or_delete_an_event() -> None:
    """The ORM's refusal doesn't help against whoever has the database's own shell."""
    event = audit.record(actor=None, action="start")
    with refused():
        run("UPDATE toolkit_auditevent SET note = 'tidied'")
    with refused():
        run("DELETE FROM toolkit_auditevent")
    with refused(), transaction.atomic():
        QuerySet(AuditEvent).filter(pk=event.pk).update(note="tidied")
    assert AuditEvent.objects.get().note == ""


def test_the_table_can_not_be_emptied_at_once() -> None:
    audit.record(actor=None, action="start")
    if connection.vendor == "postgresql":
        append_only.settle()
        with refused():
            run("TRUNCATE toolkit_auditevent CASCADE")
    else:
        with refused():
            run("DELETE FROM toolkit_auditevent")
        with refused():
            run("REPLACE INTO toolkit_auditevent SELECT * FROM toolkit_auditevent")
    assert AuditEvent.objects.count() == 1


def test_a_link_of_the_chain_is_guarded_like_the_events() -> None:
    audit.record(actor=None, action="start")
    append_only.settle()
    with refused():
        run("UPDATE toolkit_auditlink SET hash = 'x'")
    with refused():
        run("DELETE FROM toolkit_auditlink")


def test_a_guard_is_lifted_for_one_transaction_and_back_after_it() -> None:
    audit.record(actor=None, action="start")
    with append_only.lifted(AuditEvent):
        run("UPDATE toolkit_auditevent SET note = 'corrected'")
    assert AuditEvent.objects.get().note == "corrected"
    with refused():
        run("UPDATE toolkit_auditevent SET note = 'tidied'")


def test_a_failure_while_a_guard_is_lifted_puts_it_back() -> None:
    with pytest.raises(ZeroDivisionError), append_only.lifted():
        raise ZeroDivisionError
    assert append_only.missing() == []


def test_a_dropped_guard_is_noticed_and_migrate_puts_it_back() -> None:
    """SQLite forgets a table's triggers when a migration remakes the table."""
    append_only.remove(only=[AuditEvent])
    assert len(append_only.missing()) in {2, 3}
    with pytest.raises(CommandError, match="append_only_"):
        call_command("audit_verify")
    append_only.after_migrate()
    assert append_only.missing() == []


def test_somebody_who_did_something_can_not_be_deleted() -> None:
    """Their events would lose their author, and the chain its truth."""
    person = make_user("0001", "李娜")
    audit.record(actor=person, action="start")
    with pytest.raises(Exception, match=r"protected|PROTECT"):
        person.delete()


def test_production_refuses_to_be_flushed(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("flush", interactive=False)


@pytest.mark.django_db(transaction=True)
def test_the_chain_holds_when_many_write_at_once() -> None:
    """Two events bound to the same one before them would make honest rows look tampered with."""
    gate = threading.Barrier(8)
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            gate.wait(20)
            for step in range(10):
                with transaction.atomic():
                    audit.record(actor=None, action="start", label=f"{number}-{step}a")
                    audit.record(actor=None, action="start", label=f"{number}-{step}b")
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    verdict = audit_chain.verify()
    assert (verdict.problem, verdict.checked) == ("", 160)
    assert list(AuditLink.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 161))


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_no_hole() -> None:
    audit.record(actor=None, action="start")
    with transaction.atomic():
        audit.record(actor=None, action="start")
        transaction.set_rollback(True)
    audit.record(actor=None, action="start")
    verdict = audit_chain.verify()
    assert (verdict.problem, verdict.checked) == ("", 2)
