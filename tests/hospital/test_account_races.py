"""Two at the same moment: a code, a recovery code, and a key that changes while people save."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pyotp
import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from hospital.account import second_factor
from hospital.models import User
from hospital.states import Role
from tests.factories import make_user
from toolkit import encrypted, rekeying

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


def at_once(call: Callable[[int], Any]) -> list[Any]:
    """The answers of several threads that start together, each with its own connection."""
    barrier = Barrier(AT_ONCE)

    def one(number: int) -> Any:
        try:
            barrier.wait()
            return call(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def opens(user: User, code: str) -> bool:
    try:
        second_factor.check(user=user, code=code)
    except ValidationError:
        return False
    return True


@pytest.fixture
def finance(transactional_db: None) -> User:
    user = make_user("0501", "钱进", Role.FINANCE)
    before = timezone.now() - timedelta(minutes=5)
    secret = second_factor.begin(user=user).secret
    second_factor.confirm(user=user, code=pyotp.TOTP(secret).at(before), at=before)
    return user


def test_a_code_sent_six_times_at_once_opens_once(finance: User) -> None:
    """Whoever reads a code over a shoulder and is as quick as its owner must not get in beside them."""
    code = pyotp.TOTP(User.objects.get(pk=finance.pk).second_factor.secret).now()
    assert sum(at_once(lambda _number: opens(finance, code))) == 1


def test_a_recovery_code_sent_six_times_at_once_opens_once(finance: User) -> None:
    code = second_factor.codes_renew(user=finance)[0]
    assert sum(at_once(lambda _number: opens(finance, code))) == 1
    assert second_factor.codes_left(finance) == 9


def test_a_phone_saved_while_the_key_changes_is_the_one_that_stays(
    transactional_db: None, settings: Any, tmp_path: Path
) -> None:
    """The rotation must never put back what somebody has just replaced."""
    settings.FIELD_KEYS = []
    settings.FIELD_KEY_FILE = tmp_path / "field_key"
    encrypted.write_key_file(settings.FIELD_KEY_FILE, [Fernet.generate_key().decode()])
    people = [make_user(f"1{number:03}", f"员工{number}", phone="13800000000") for number in range(60)]

    def work(number: int) -> None:
        if number == 0:
            rekeying.rotate()
            return
        for person in people[number::AT_ONCE]:
            person.phone = f"139{person.pk:08}"
            person.save(update_fields=["phone"])

    at_once(work)
    rekeying.finish()
    for person in User.objects.all():
        number = int(person.staff_no[1:])
        assert person.phone == ("13800000000" if number % AT_ONCE == 0 else f"139{person.pk:08}")
