"""Phones and bank cards are unreadable in the database, and the key can be changed while people work."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection

from hospital.models import User
from tests.factories import make_user
from toolkit import encrypted, rekeying
from toolkit.models import AuditEvent

pytestmark = pytest.mark.django_db
PHONE = "13800138000"


@pytest.fixture
def key_file(settings: Any, tmp_path: Path) -> Path:
    path = tmp_path / "field_key"
    settings.FIELD_KEYS = []
    settings.FIELD_KEY_FILE = path
    encrypted.write_key_file(path, [Fernet.generate_key().decode()])
    return path


def stored(column: str = "phone", table: str = "hospital_user") -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY id")  # noqa: S608  names of ours
        return [row[0] for row in cursor.fetchall()]


def test_a_stolen_database_shows_no_phone() -> None:
    """Otherwise whoever copies the file has every doctor's number."""
    make_user("0231", "李娜", phone=PHONE, bank_card="6222020200012345678")
    for column, table in (
        ("phone", "hospital_user"),
        ("bank_card", "hospital_user"),
        ("phone", "hospital_historicaluser"),
    ):
        values = stored(column, table)
        assert values
        assert all(value.startswith("enc1:") for value in values)


def test_the_product_reads_what_it_wrote() -> None:
    make_user("0231", "李娜", phone=PHONE)
    person = User.objects.get(staff_no="0231")
    assert person.phone == PHONE
    assert person.masked_phone == "138****8000"
    assert User.history.get(staff_no="0231").phone == PHONE
    person.phone = "13900139000"
    person.save(update_fields=["phone"])
    assert User.objects.only("staff_no").get(staff_no="0231").phone == "13900139000"


def test_bulk_writes_are_encrypted_too() -> None:
    """Imports and the demonstration write in bulk; they must not leave plain text."""
    one = make_user("0231", "李娜")
    User.objects.bulk_create([User(staff_no="0232", name="王芳", phone=PHONE)])
    one.phone = PHONE
    User.objects.bulk_update([one], ["phone"])
    User.objects.filter(staff_no="0232").update(phone=PHONE)
    assert all(value.startswith("enc1:") for value in stored())
    assert [person.phone for person in User.objects.order_by("staff_no")] == [PHONE, PHONE]


def test_the_same_phone_twice_looks_different() -> None:
    """Otherwise equal values could be told from the file."""
    make_user("0231", "李娜", phone=PHONE)
    make_user("0232", "王芳", phone=PHONE)
    first, second = stored()
    assert first != second


def test_searching_an_encrypted_column_fails_loudly() -> None:
    """A filter that silently finds nobody would be believed."""
    make_user("0231", "李娜")
    assert User.objects.filter(phone="").count() == 1
    with pytest.raises(FieldError):
        User.objects.filter(phone=PHONE)
    with pytest.raises(FieldError):
        User.objects.filter(phone__startswith="138")


def test_values_stay_sealed() -> None:
    """A page that takes raw values shows nonsense, never somebody's phone."""
    make_user("0231", "李娜", phone=PHONE)
    value = User.objects.values_list("phone", flat=True).get()
    assert value.startswith("enc1:")
    assert encrypted.unseal(value) == PHONE


def test_plain_text_of_an_older_version_is_read_and_then_sealed() -> None:
    person = make_user("0231", "李娜")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE hospital_user SET phone = %s WHERE id = %s", [PHONE, person.pk])
    assert User.objects.get(pk=person.pk).phone == PHONE
    assert rekeying.reseal(User, "phone") == 1
    assert stored()[0].startswith("enc1:")
    assert User.objects.get(pk=person.pk).phone == PHONE


def test_rotation_changes_the_key_and_loses_nothing(key_file: Path) -> None:
    old = key_file.read_text()
    for number in range(7):
        make_user(f"02{number}", f"甲{number}", phone=f"1380013800{number}")
    before = stored()
    call_command("rotate_field_key")
    assert old.strip() in key_file.read_text()
    assert not set(before) & set(stored())
    call_command("rotate_field_key", "--finish")
    assert old.strip() not in key_file.read_text()
    assert len(key_file.read_text().split()) == 1
    assert [person.phone for person in User.objects.order_by("staff_no")] == [
        f"1380013800{number}" for number in range(7)
    ]
    assert User.history.earliest("history_id").phone == "13800138000"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert AuditEvent.objects.filter(action="rotate_field_key").count() == 2


def test_what_was_written_with_the_old_key_meanwhile_survives_finishing(key_file: Path) -> None:
    """A web process that had read the old key may write one row after the rotation."""
    old = Fernet(key_file.read_text().split()[0])
    person = make_user("0231", "李娜", phone=PHONE)
    call_command("rotate_field_key")
    late = encrypted.Sealed(encrypted.PREFIX + old.encrypt(b"13700137000").decode())
    User.objects.filter(pk=person.pk).update(phone=late)
    call_command("rotate_field_key", "--finish")
    assert User.objects.get(pk=person.pk).phone == "13700137000"


def test_a_wrong_key_says_so_and_forgets_nothing(key_file: Path) -> None:
    person = make_user("0231", "李娜", phone=PHONE)
    right = key_file.read_text()
    encrypted.write_key_file(key_file, [Fernet.generate_key().decode()])
    with pytest.raises(encrypted.FieldKeyError, match="restore the key"):
        _ = User.objects.get(pk=person.pk).phone
    with pytest.raises(encrypted.FieldKeyError, match="nothing was forgotten"):
        rekeying.finish()
    encrypted.write_key_file(key_file, right.split())
    assert User.objects.get(pk=person.pk).phone == PHONE


def test_keys_from_the_environment_rotate_too(settings: Any) -> None:
    first, second = (Fernet.generate_key().decode() for _ in range(2))
    settings.FIELD_KEYS = [first]
    person = make_user("0231", "李娜", phone=PHONE)
    settings.FIELD_KEYS = [second, first]
    call_command("rotate_field_key")
    settings.FIELD_KEYS = [second]
    assert User.objects.get(pk=person.pk).phone == PHONE


def test_a_list_of_people_decrypts_nothing_it_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page loads people; only those that show a phone may pay for opening it."""
    make_user("0231", "李娜", phone=PHONE)
    opened: list[str] = []
    honest = encrypted.unseal
    monkeypatch.setattr(encrypted, "unseal", lambda text: opened.append(text) or honest(text))
    people = list(User.objects.all())
    assert [person.name for person in people] == ["李娜"]
    assert opened == []
    assert people[0].phone == PHONE
    assert len(opened) == 1
