"""A backup taken while people work is the whole hospital; restoring it gives back exactly that, on either database."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import translation

from hospital.models import Notification, User
from rewards.models import Entry
from tests.factories import make_cast, make_user
from tests.workers import worker_environment
from toolkit import append_only, audit, audit_chain
from toolkit.backup import keeping, tables
from toolkit.backup.making import make, stored_names
from toolkit.backup.package import check, sum_file
from toolkit.backup.refusals import BackupRefused
from toolkit.backup.restoring import restore
from toolkit.backup.sealing import BLOCK, key_of
from toolkit.models import AuditEvent, Job

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def hospital(settings: Any, tmp_path: Path) -> None:
    """People, a phone, an event with changes, a job with a file, and a file no row knows."""
    settings.BACKUP_KEY_FILE = tmp_path / "keys" / "backup_key"
    cast = make_cast()
    cast.writer.phone = "13800138000"
    cast.writer.save(update_fields=["phone"])
    audit.record(
        actor=cast.writer, action="submit", changes={"state": ["draft", "in_review"], "sum": [1, 2.5]}
    )
    job = Job.objects.create(kind="piece", owner=cast.chief, params={"字": ["一", None, {"b": 1, "a": 2}]})
    job.file.save("x.bin", ContentFile(os.urandom(3 * BLOCK + 17)))
    default_storage.save("papers/通知.txt", ContentFile("红头文件".encode()))


def state() -> dict[str, Any]:
    """Row counts and hashes of every table and file: the hospital, in figures."""
    with transaction.atomic():
        rows = {table.name: tables.sum_of(connection, table) for table in tables.all_tables()}
    files = {}
    for name in stored_names(default_storage):
        with default_storage.open(name) as stored:
            files[name] = hashlib.sha256(stored.read()).hexdigest()
    return {"rows": rows, "files": files}


def without_trail(found: dict[str, Any]) -> dict[str, Any]:
    """Restoring is itself an event; everything else must be the same."""
    rows = {name: told for name, told in found["rows"].items() if not name.startswith("toolkit_audit")}
    return {"rows": rows, "files": found["files"]}


def spoil() -> None:
    """A bad day: files and rows are lost, others come instead."""
    Notification.objects.all().delete()
    for name in list(stored_names(default_storage)):
        default_storage.delete(name)
    default_storage.save("stray.txt", ContentFile(b"x"))
    make_user("7777", "后来的人")


@pytest.mark.parametrize("encrypt", [False, True])
def test_a_restored_hospital_is_the_one_that_was_backed_up(
    hospital: None, tmp_path: Path, encrypt: bool
) -> None:
    before, head = state(), audit_chain.head()
    made = make(folder=tmp_path / "out", encrypt=encrypt)
    spoil()
    done = restore(made.path, replace=True)
    assert without_trail(state()) == without_trail(before)
    assert done.contents.fingerprint == made.contents.fingerprint
    assert done.head == head
    assert audit_chain.verify(expected=head).problem == ""
    assert append_only.missing() == []
    assert AuditEvent.objects.filter(action="restore").count() == 1
    assert User.objects.get(staff_no="0231").phone == "13800138000"
    make_user("8888", "恢复之后来的人")  # the numbers go on after the highest one


def test_an_encrypted_column_leaves_encrypted(hospital: None, tmp_path: Path) -> None:
    """A backup lies about on disks; phones must not be read from it."""
    made = make(folder=tmp_path / "out")
    with tarfile.open(made.path) as tar:
        text = tar.extractfile("tables/hospital_user.jsonl").read().decode()  # type: ignore[union-attr]  # it is a file
    assert "0231" in text
    assert "13800138000" not in text


def test_the_file_is_plain_tar_and_its_sum_stands_beside_it(hospital: None, tmp_path: Path) -> None:
    """In ten years somebody may want to look into it without this software."""
    made = make(folder=tmp_path / "out")
    with tarfile.open(made.path) as tar:
        names = tar.getnames()
        about = json.load(tar.extractfile("about.json"))  # type: ignore[arg-type]  # it is a file
    assert names[0] == "about.json"
    assert names[-1] == "sums.json"
    assert "media/papers/通知.txt" in names
    assert about["database"] == connection.vendor
    digest = hashlib.sha256(made.path.read_bytes()).hexdigest()
    assert sum_file(made.path).read_text() == f"{digest}  {made.path.name}\n"
    assert made.path.stat().st_mode & 0o077 == 0, "only its owner may read it"


def test_nothing_half_written_is_left_behind(hospital: None, tmp_path: Path) -> None:
    def full(done: int, total: int) -> None:
        if done == 3:
            raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"):
        make(folder=tmp_path / "out", progress=full)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("place", [0.02, 0.5, 0.9])
@pytest.mark.parametrize("encrypt", [False, True])
def test_one_flipped_bit_is_refused_and_nothing_changes(
    hospital: None, tmp_path: Path, encrypt: bool, place: float
) -> None:
    made = make(folder=tmp_path / "out", encrypt=encrypt)
    damage(
        made.path,
        lambda content: content.__setitem__(
            int(len(content) * place), content[int(len(content) * place)] ^ 1
        ),
    )
    sum_file(made.path).unlink()
    before = state()
    with pytest.raises(BackupRefused):
        restore(made.path, replace=True)
    assert state() == before


@pytest.mark.parametrize("encrypt", [False, True])
def test_a_cut_off_file_is_refused(hospital: None, tmp_path: Path, encrypt: bool) -> None:
    """The disk was full when it was copied."""
    made = make(folder=tmp_path / "out", encrypt=encrypt)
    sum_file(made.path).unlink()
    whole = made.path.read_bytes()
    for length in (0, 5, 40, len(whole) // 2, len(whole) - 1):
        made.path.write_bytes(whole[:length])
        with pytest.raises(BackupRefused):
            restore(made.path, replace=True)


def test_a_sum_beside_it_that_differs_is_refused(hospital: None, tmp_path: Path) -> None:
    made = make(folder=tmp_path / "out")
    sum_file(made.path).write_text(f"{'0' * 64}  {made.path.name}\n")
    with pytest.raises(BackupRefused, match="checksum"):
        restore(made.path, replace=True)


def damage(path: Path, change: Callable[[bytearray], None]) -> None:
    content = bytearray(path.read_bytes())
    change(content)
    path.write_bytes(content)


def test_another_key_or_none_is_refused(hospital: None, tmp_path: Path) -> None:
    made = make(folder=tmp_path / "out", encrypt=True)
    key_of(tmp_path / "other", create=True)
    with pytest.raises(BackupRefused, match="another key"):
        restore(made.path, replace=True, key_file=tmp_path / "other")
    with pytest.raises(BackupRefused, match="is missing"):
        restore(made.path, replace=True, key_file=tmp_path / "nowhere")
    (tmp_path / "short").write_text("abc")
    with pytest.raises(BackupRefused, match="can't be read"):
        restore(made.path, replace=True, key_file=tmp_path / "short")


def test_a_place_with_people_or_files_is_refused(hospital: None, tmp_path: Path) -> None:
    """Restoring on the wrong machine would wipe out a hospital."""
    made = make(folder=tmp_path / "out")
    with pytest.raises(CommandError, match="--replace"):
        call_command("restore", made.path)
    call_command("flush", interactive=False)
    with pytest.raises(CommandError, match="files in the media folder"):
        call_command("restore", made.path)


def test_a_backup_of_a_newer_version_is_refused(hospital: None, tmp_path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('plans', '0999_future', '2030-01-01')"
        )
    try:
        made = make(folder=tmp_path / "out")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE name = '0999_future'")
    with pytest.raises(BackupRefused, match=r"newer version \(plans\.0999_future\)"):
        restore(made.path, replace=True)


def test_something_else_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.tar.gz", b"hello"), ("b.tar.gz", b""), ("c.tar.gz", b"PUBSEAL1" + bytes(90))):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BackupRefused):
            restore(tmp_path / name, replace=True)
    with pytest.raises(BackupRefused):
        restore(tmp_path / "nowhere", replace=True)


def test_an_archive_that_reaches_out_of_its_folder_is_refused(tmp_path: Path) -> None:
    """A file from elsewhere must not write over the system's own files."""
    path = tmp_path / "evil.tar.gz"
    (tmp_path / "x").write_text("x")
    with tarfile.open(path, "w:gz") as tar:
        tar.add(tmp_path / "x", arcname="media/../../etc/cron.d/x")
    with pytest.raises(BackupRefused, match="no backup"):
        check(path, lambda: b"")


def test_a_file_rows_speak_of_that_was_lost_before_is_told(hospital: None, tmp_path: Path) -> None:
    job = Job.objects.get()
    default_storage.delete(job.file.name)
    assert make(folder=tmp_path / "out").missing == [job.file.name]


def test_a_file_deleted_in_the_middle_makes_it_begin_anew(hospital: None, tmp_path: Path) -> None:
    """Rows that speak of a file which isn't in the backup would be a hospital that never was."""
    job, attempts = Job.objects.get(), []

    def somebody_deletes(done: int, total: int) -> None:
        if done == 0 and total > 20:  # the tables of an attempt begin
            attempts.append(total)
        if done == 3 and len(attempts) == 1 and default_storage.exists(job.file.name):
            default_storage.delete(job.file.name)
            Job.objects.filter(pk=job.pk).update(file="")

    made = make(folder=tmp_path / "out", progress=somebody_deletes)
    assert len(attempts) == 2
    assert made.missing == []
    assert job.file.name not in made.contents.media
    restore(made.path, replace=True)
    assert Job.objects.get().file.name == ""


# --- while people work -----------------------------------------------------------------------------------------------


def test_a_backup_under_load_is_of_one_moment(hospital: None, tmp_path: Path) -> None:
    """Half of a transaction in the backup would be a hospital that never was."""
    stop, written, failures = threading.Event(), [0], []
    cast = {user.staff_no: user for user in User.objects.all()}

    def work(number: int) -> None:
        """Each piece of work is two events and a notice, all or nothing, and a file that is gone soon after."""
        step = 0
        try:
            while not stop.is_set():
                key = f"{number}-{step}"
                with transaction.atomic():
                    audit.record(actor=cast["0231"], action="submit", label=f"{key}-a")
                    Notification.objects.create(key=key, recipient=cast["0102"], title="新稿件")
                    audit.record(actor=cast["0231"], action="submit", label=f"{key}-b")
                name = default_storage.save(f"work/{key}.txt", ContentFile(key.encode()))
                if step % 2:
                    default_storage.delete(name)
                step += 1
                written[0] += 1
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    while written[0] < 12 and not failures:
        time.sleep(0.01)
    begun = written[0]
    made = make(folder=tmp_path / "out", encrypt=True)
    grown = written[0] - begun
    stop.set()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert grown > 0, "nobody had to wait for the backup"

    restore(made.path, replace=True)
    assert audit_chain.verify().problem == ""
    notices = set(Notification.objects.values_list("key", flat=True))
    labels = set(
        AuditEvent.objects.filter(action="submit")
        .exclude(object_label="")
        .values_list("object_label", flat=True)
    )
    assert labels == {f"{key}-{half}" for key in notices for half in "ab"}
    assert len(notices) >= 12


# --- from one database to the other ----------------------------------------------------------------------------------


def other_site(var: Path, url: str) -> Callable[..., str]:
    """`manage.py` of an installation of its own."""
    environment = worker_environment() | {
        "PUBLICITY_VAR": str(var),
        "DATABASE_URL": url,
        "LANGUAGE_CODE": "en",
    }
    var.mkdir()

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=django_settings.BASE_DIR,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    return run


def tables_in(path: Path) -> dict[str, str]:
    """Table -> checksum, without the trail, to which backing up and restoring add their own events."""
    contents = check(path, lambda: b"")
    return {
        name: told["sha256"]
        for name, told in contents.sums.items()
        if name != "about.json" and "toolkit_audit" not in name
    }


@pytest.mark.postgres
def test_sqlite_moves_to_postgresql_and_back_without_a_difference(tmp_path: Path) -> None:
    """A hospital that outgrows its one file; and one that wants to look at last year on a laptop."""
    small = other_site(tmp_path / "small", f"sqlite:///{tmp_path / 'small' / 'db.sqlite3'}")
    small("migrate", "-v0")
    small("demo", "load", "--today", "2026-11-20")
    small("backup", "--to", str(tmp_path / "first"))
    (first,) = (tmp_path / "first").glob("*.gz")

    call_command("flush", interactive=False)
    done = restore(first, replace=True)
    assert done.rows > 5000
    assert done.files > 50
    assert audit_chain.verify().problem == ""
    assert Entry.objects.exists()
    last = User.objects.order_by("-pk").first()
    assert last is not None
    with transaction.atomic():
        assert make_user("8888", "恢复之后来的人").pk > last.pk, (
            "the sequences go on after the highest number"
        )
        transaction.set_rollback(True)

    second = make(folder=tmp_path / "second").path
    assert tables_in(second) == tables_in(first)
    back = other_site(tmp_path / "back", f"sqlite:///{tmp_path / 'back' / 'db.sqlite3'}")
    assert "compared and the same" in back("restore", str(second))
    assert "is whole" in back("audit_verify")
    back("backup", "--to", str(tmp_path / "third"))
    (third,) = (tmp_path / "third").glob("*.gz")
    assert tables_in(third) == tables_in(first)


def test_a_blank_database_is_made_ready_by_restoring(hospital: None, tmp_path: Path) -> None:
    """On a new machine there is nothing but the program and the file."""
    made = make(folder=tmp_path / "out")
    fresh = other_site(tmp_path / "fresh", f"sqlite:///{tmp_path / 'fresh' / 'db.sqlite3'}")
    out = fresh("restore", str(made.path))
    assert made.contents.fingerprint in out
    assert "is whole" in fresh("audit_verify")
    fresh("check")


# --- which ones stay -------------------------------------------------------------------------------------------------


def test_of_two_years_of_nights_7_days_4_weeks_and_12_months_stay() -> None:
    end = datetime(2026, 11, 22, 2, 31)
    nights = [end - timedelta(days=day) for day in range(730)]
    kept = sorted(keeping.to_keep(nights), reverse=True)
    days = [night.strftime("%m-%d") for night in kept]
    assert days[:7] == ["11-22", "11-21", "11-20", "11-19", "11-18", "11-17", "11-16"]
    # 11-22 is a Sunday: the last night of its week, its day and its month at once.
    assert days[7:] == [
        "11-15", "11-08", "11-01", "10-31", "09-30", "08-31", "07-31", "06-30", "05-31", "04-30", "03-31",
        "02-28", "01-31", "12-31",
    ]  # fmt: skip


def test_only_old_nightly_ones_are_thrown_away(tmp_path: Path) -> None:
    """A backup somebody made by hand before an update, or another file in the folder, is not ours to remove."""
    for day in range(1, 11):
        (tmp_path / f"nightly-202611{day:02d}-023100.tar.gz").touch()
        (tmp_path / f"nightly-202611{day:02d}-023100.tar.gz.sha256").touch()
    (tmp_path / "publicity-20200101-120000.tar.gz").touch()
    (tmp_path / "nightly-notes.txt").touch()
    gone = [path.name for path in keeping.throw_away(tmp_path)]
    assert gone == ["nightly-20261102-023100.tar.gz", "nightly-20261103-023100.tar.gz"]
    assert (tmp_path / "publicity-20200101-120000.tar.gz").exists()
    assert (tmp_path / "nightly-notes.txt").exists()
    assert not (tmp_path / "nightly-20261102-023100.tar.gz.sha256").exists()
