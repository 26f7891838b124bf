"""The chain of the audit trail: whatever is changed behind its back is named, row by row."""

import gzip
import json
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone, translation

from hospital.models import User
from tests.factories import make_user
from toolkit import append_only, audit, audit_chain
from toolkit.audit_archive import ArchiveRefused, archive, check_file
from toolkit.models import AuditArchive, AuditEvent, AuditLink

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


def make_events(count: int = 5, *, at: datetime | None = None) -> list[AuditEvent]:
    person = make_user(f"A{User.objects.count()}", "李娜")
    events = [
        AuditEvent(
            at=at or timezone.now(), actor=person, actor_label="李娜", action="start", object_label=str(n)
        )
        for n in range(count)
    ]
    AuditEvent.objects.bulk_create(events)
    append_only.settle()
    return list(AuditEvent.objects.order_by("pk"))


def verdict_of(**options: Any) -> str:
    return audit_chain.verify(**options).problem


def test_an_untouched_trail_is_whole() -> None:
    make_events()
    audit.record(actor=None, action="set", changes={"sum": [1, 2.50], "note": ["旧", None]})
    out = StringIO()
    call_command("audit_verify", stdout=out)
    assert "6 events checked" in out.getvalue()
    assert str(audit_chain.head()) in out.getvalue()


@pytest.mark.parametrize(
    "change",
    [
        {"note": "tidied"},
        {"actor": None},
        {"actor_label": "赵刚"},
        {"action": "accept"},
        {"object_label": "9"},
        {"changes": {"state": ["a", "b"]}},
        {"address": "10.0.0.9"},
        {"at": datetime(2020, 1, 1, tzinfo=timezone.get_default_timezone())},
    ],
)
def test_each_changed_column_is_noticed_and_the_row_named(change: dict[str, Any]) -> None:
    third = make_events()[2]
    with append_only.lifted(AuditEvent):
        QuerySet(AuditEvent).filter(pk=third.pk).update(**change)
    verdict = audit_chain.verify()
    assert (verdict.event_id, verdict.checked) == (third.pk, 2)
    with pytest.raises(CommandError, match=f"Event {third.pk} .*doesn't say any more"):
        call_command("audit_verify")


def test_a_change_with_its_digest_made_anew_is_noticed_too() -> None:
    third = make_events()[2]
    third.note = "tidied"
    with append_only.lifted(AuditEvent):
        QuerySet(AuditEvent).filter(pk=third.pk).update(note="tidied", digest=audit_chain.digest_of(third))
    assert f"Event {third.pk}" in verdict_of()
    assert "doesn't fit" in verdict_of()


def test_a_deleted_event_is_noticed() -> None:
    third = make_events()[2]
    with append_only.lifted(AuditEvent):
        QuerySet(AuditEvent).filter(pk=third.pk)._raw_delete("default")
    assert f"Event {third.pk} (link 3) was deleted" in verdict_of()


def test_a_deleted_event_with_its_link_is_noticed() -> None:
    third = make_events()[2]
    with append_only.lifted(AuditEvent, AuditLink):
        QuerySet(AuditEvent).filter(pk=third.pk)._raw_delete("default")
        QuerySet(AuditLink).filter(event_id=third.pk)._raw_delete("default")
    assert "Link 3 of the chain is gone" in verdict_of()


def test_an_event_slipped_in_past_the_chain_is_noticed() -> None:
    make_events()
    audit_chain.remove()
    audit.record(actor=None, action="accept")
    audit_chain.install()
    assert "slipped in" in verdict_of()


def test_a_cut_off_end_is_noticed_by_whoever_noted_the_head() -> None:
    """Without a head kept elsewhere, removing the newest rows would leave a perfect chain."""
    last = make_events()[-1]
    noted = audit_chain.head()
    with append_only.lifted(AuditEvent, AuditLink):
        QuerySet(AuditEvent).filter(pk=last.pk)._raw_delete("default")
        QuerySet(AuditLink).filter(event_id=last.pk)._raw_delete("default")
    assert verdict_of() == ""
    assert "isn't in the chain" in verdict_of(expected=noted)
    with pytest.raises(CommandError, match="isn't in the chain"):
        call_command("audit_verify", expect=noted)


def test_a_head_noted_long_ago_is_still_in_the_chain() -> None:
    make_events()
    noted = audit_chain.head()
    make_events()
    assert verdict_of(expected=noted) == ""


# --- the archive -----------------------------------------------------------------------------------------------------


def old_and_young() -> None:
    make_events(4, at=timezone.now() - timedelta(days=200))
    make_events(3, at=timezone.now() - timedelta(days=10))


def test_old_events_move_into_a_file_and_the_chain_stays_whole(tmp_path: Path) -> None:
    old_and_young()
    out = StringIO()
    call_command("audit_archive", to=tmp_path, stdout=out)
    (path,) = tmp_path.glob("audit-*.jsonl.gz")
    assert path.name in out.getvalue()
    assert AuditEvent.objects.filter(action="start").count() == 3
    assert AuditEvent.objects.filter(action="audit_archive").count() == 1
    assert verdict_of() == ""
    assert check_file(path) == ""
    lines = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert [line["object_label"] for line in lines[1:]] == ["0", "1", "2", "3"]
    make_events()
    assert verdict_of() == ""
    assert append_only.missing() == []


def test_a_second_archive_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    old_and_young()
    archive(folder=tmp_path)
    later = timezone.now() + timedelta(days=190)
    done = archive(folder=tmp_path, at=later)
    assert done is not None
    assert (done.first_number, done.last_number) == (5, 7)
    assert [check_file(path) for path in sorted(tmp_path.glob("*.gz"))] == ["", ""]
    assert verdict_of() == ""
    assert AuditArchive.objects.count() == 2


def test_nothing_younger_than_180_days_is_archived(tmp_path: Path) -> None:
    """The law asks for six months; a typing slip must not shorten them."""
    old_and_young()
    young = timezone.localdate() - timedelta(days=100)
    with pytest.raises(CommandError, match="180 days"):
        call_command("audit_archive", before=young, to=tmp_path)
    assert list(tmp_path.iterdir()) == []
    make_events(2, at=timezone.now() - timedelta(days=300))
    archive(folder=tmp_path)
    assert AuditEvent.objects.filter(action="start").count() == 5, (
        "old rows after young ones stay: order is kept"
    )


def test_a_changed_archive_file_is_noticed(tmp_path: Path) -> None:
    old_and_young()
    done = archive(folder=tmp_path)
    assert done is not None
    lines = gzip.decompress(done.path.read_bytes()).decode()
    forged = lines.replace('"actor_label":"李娜"', '"actor_label":"赵刚"')
    done.path.write_bytes(gzip.compress(forged.encode()))
    assert "checksum differs" in check_file(done.path)
    with append_only.lifted(AuditArchive):
        QuerySet(AuditArchive).all()._raw_delete("default")
    assert "Line 2" in check_file(done.path)
    done.path.write_bytes(b"no gzip")
    assert "can't be read" in check_file(done.path)


def test_a_broken_chain_is_not_archived(tmp_path: Path) -> None:
    """A file must not bury what was tampered with."""
    old_and_young()
    with append_only.lifted(AuditEvent):
        QuerySet(AuditEvent).filter(object_label="1").update(note="tidied")
    with pytest.raises(ArchiveRefused, match="doesn't say any more"):
        archive(folder=tmp_path)
    assert AuditEvent.objects.filter(action="start").count() == 7
