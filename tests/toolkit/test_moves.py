"""The one door for state: table, permission, note, and one UPDATE that picks the winner."""

import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone, translation

from tests.factories import make_user
from toolkit.models import AuditEvent, Job, JobState
from toolkit.moves import Move, MoveLost, MoveRefused, MoveTable


def anybody(actor: Any, obj: Any) -> bool:
    return True


def owner_only(actor: Any, obj: Job) -> bool:
    return actor is not None and obj.owner_id == actor.pk


# Any model with a state will do; a job's own states are at hand.
TABLE = MoveTable(
    field="state",
    moves=[
        Move("begin", "Begin", sources=[JobState.WAITING], target=JobState.RUNNING, permission=anybody),
        Move("accept", "Accept", sources=[JobState.RUNNING], target=JobState.DONE, permission=anybody),
        Move(
            "return",
            "Return",
            sources=[JobState.RUNNING],
            target=JobState.FAILED,
            permission=owner_only,
            note_required=True,
        ),
    ],
)


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


def make_job(**fields: Any) -> Job:
    return Job.objects.create(kind="piece", **fields)


@pytest.mark.django_db
def test_a_move_changes_state_and_columns_and_leaves_an_event() -> None:
    job, person = make_job(), make_user("0001", "李娜")
    begun = timezone.now()
    move = TABLE.perform(
        obj=job,
        action="begin",
        actor=person,
        note="早班",
        changes={"started_at": begun, "attempts": F("attempts") + 1},
    )
    assert move.target == JobState.RUNNING
    assert (job.state, job.started_at, job.attempts) == (JobState.RUNNING, begun, 1)
    job.refresh_from_db()
    assert (job.state, job.started_at, job.attempts) == (JobState.RUNNING, begun, 1)
    event = AuditEvent.objects.get()
    assert (event.action, event.note, event.actor) == ("begin", "早班", person)
    assert event.changes["state"] == ["waiting", "running"]
    assert event.changes["started_at"] == [None, begun.isoformat()]


@pytest.mark.django_db
def test_the_second_person_is_told_who_was_first() -> None:
    """Two heads open the same draft; the second must not think the own click counted."""
    job, first, second = make_job(state=JobState.RUNNING), make_user("1", "王芳"), make_user("2", "赵刚")
    stale = Job.objects.get(pk=job.pk)
    TABLE.perform(obj=job, action="accept", actor=first)
    with pytest.raises(MoveLost) as lost:
        TABLE.perform(obj=stale, action="accept", actor=second)
    assert str(first) in lost.value.sentence
    assert "“Accept”" in lost.value.sentence
    assert AuditEvent.objects.count() == 1


@pytest.mark.django_db
def test_a_late_comer_with_a_fresh_page_is_told_too() -> None:
    job, first = make_job(state=JobState.RUNNING), make_user("1", "王芳")
    TABLE.perform(obj=job, action="accept", actor=first)
    with pytest.raises(MoveRefused, match="was first"):
        TABLE.perform(obj=Job.objects.get(pk=job.pk), action="accept", actor=first)


@pytest.mark.django_db
def test_what_the_table_does_not_allow_is_refused_with_the_reason() -> None:
    job = make_job()
    with pytest.raises(MoveRefused, match="isn't possible now: it stands at “waiting”"):
        TABLE.perform(obj=job, action="accept", actor=None)
    with pytest.raises(MoveRefused, match="no such action"):
        TABLE.perform(obj=job, action="explode", actor=None)
    assert Job.objects.get().state == JobState.WAITING


@pytest.mark.django_db
def test_whoever_may_not_is_refused_and_has_no_button() -> None:
    owner, other = make_user("1", "李娜"), make_user("2", "孙悦")
    job = make_job(state=JobState.RUNNING, owner=owner)
    with pytest.raises(MoveRefused, match="may not do “Return”"):
        TABLE.perform(obj=job, action="return", actor=other, note="太短")
    assert [move.action for move in TABLE.available(obj=job, actor=other)] == ["accept"]
    assert [move.action for move in TABLE.available(obj=job, actor=owner)] == ["accept", "return"]
    assert TABLE.can(obj=job, action="return", actor=owner)


@pytest.mark.django_db
def test_a_return_without_a_reason_is_refused() -> None:
    """The author would not know what to improve."""
    owner = make_user("1", "李娜")
    job = make_job(state=JobState.RUNNING, owner=owner)
    with pytest.raises(MoveRefused, match="write a reason"):
        TABLE.perform(obj=job, action="return", actor=owner, note="  ")
    TABLE.perform(obj=job, action="return", actor=owner, note="缺照片")
    assert job.state == JobState.FAILED


@pytest.mark.django_db
def test_a_move_loses_when_a_further_column_changed_meanwhile() -> None:
    """A head passes the second version while the author has sent the third."""
    job = make_job(state=JobState.RUNNING, attempts=2)
    Job.objects.filter(pk=job.pk).update(attempts=3)
    with pytest.raises(MoveLost, match="Somebody else"):
        TABLE.perform(obj=job, action="accept", actor=None, expected={"attempts": 2})
    assert Job.objects.get().state == JobState.RUNNING


@pytest.mark.django_db
def test_a_rules_predicate_is_asked_as_rules_wants_it() -> None:
    import rules

    @rules.predicate
    def is_owner(actor: Any, job: Any) -> bool:
        return bool(job.owner_id == actor.pk)

    owner, other = make_user("1", "李娜"), make_user("2", "孙悦")
    table = MoveTable(
        [
            Move(
                "begin",
                "Begin",
                [JobState.WAITING],
                JobState.RUNNING,
                permission=is_owner & rules.is_authenticated,
            )
        ]
    )
    job = make_job(owner=owner)
    assert table.available(obj=job, actor=other) == []
    assert len(table.available(obj=job, actor=owner)) == 1


def test_a_table_with_two_answers_is_refused() -> None:
    twice = Move("go", "Go", ["a"], "b", permission=anybody)
    with pytest.raises(ValueError, match="Two moves"):
        MoveTable([twice, twice])


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_wins() -> None:
    """Two approvers at the same moment must not pay twice."""
    job = make_job(state=JobState.RUNNING)
    gate = threading.Barrier(8)
    outcomes: list[str] = []

    def approve() -> None:
        mine = Job.objects.get(pk=job.pk)
        gate.wait(10)
        try:
            TABLE.perform(obj=mine, action="accept", actor=None)
            outcomes.append("won")
        except MoveLost:
            outcomes.append("lost")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["lost"] * 7 + ["won"]
    assert AuditEvent.objects.filter(action="accept").count() == 1
