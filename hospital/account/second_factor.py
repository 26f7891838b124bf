"""An authenticator app as the second factor, and the recovery codes that stand in for a lost phone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import pyotp
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.account.models import RecoveryCode, SecondFactor
from hospital.models import User
from hospital.states import Role
from toolkit import audit

STEP = 30  # seconds a code lasts
DRIFT = 1  # steps a phone's clock may be off
MOST_WRONG = 5
PAUSE = timedelta(minutes=15)
CODES = 10
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # 32, without l o 0 1
REQUIRED_ROLES = (Role.FINANCE, Role.CHIEF, Role.ADMINISTRATOR, Role.SECURITY)


def is_required(user: User) -> bool:
    """The hospital asks it of whoever handles money or accounts."""
    return bool(settings.REQUIRE_TOTP and (user.is_superuser or user.has_role(*REQUIRED_ROLES)))


def confirmed(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).first()


def wanted_at_sign_in(user: User) -> str:
    """`code`: ask for one; `setup`: the app must be set up first; empty: nothing."""
    if confirmed(user):
        return "code"
    return "setup" if is_required(user) else ""


@transaction.atomic
def begin(*, user: User) -> SecondFactor:
    """The app that is being set up; opening the page again shows the same secret."""
    factor, _created = SecondFactor.objects.get_or_create(
        user=user, defaults={"secret": pyotp.random_base32()}
    )
    return factor


def address(factor: SecondFactor) -> str:
    """What the QR code says (otpauth://…)."""
    return pyotp.TOTP(factor.secret).provisioning_uri(
        name=factor.user.staff_no, issuer_name=_("Publicity workbench")
    )


@transaction.atomic
def confirm(*, user: User, code: str, at: datetime | None = None) -> list[str]:
    """The first code proves that the app works. Returns the recovery codes: the only time anybody sees them."""
    factor = begin(user=user)
    if factor.confirmed_at is not None:
        raise ValidationError(_("An authenticator app is set up already."))
    if not _opens(factor, code, at or timezone.now()):
        raise ValidationError(
            _("This code doesn't fit. Please check the phone's clock and take the newest one.")
        )
    SecondFactor.objects.filter(pk=factor.pk, confirmed_at=None).update(confirmed_at=at or timezone.now())
    audit.record(actor=user, action="second_factor_on", obj=user)
    return codes_renew(user=user)


@transaction.atomic
def codes_renew(*, user: User) -> list[str]:
    """Ten new recovery codes; the old ones no longer open."""
    codes = [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)) for _ in range(CODES)
    ]
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(RecoveryCode(user=user, digest=_digest(code)) for code in codes)
    audit.record(actor=user, action="recovery_codes", obj=user)
    return codes


def check(*, user: User, code: str, at: datetime | None = None) -> None:
    """Does this code open? Raises a ValidationError that says what to do; every answer is in the audit trail."""
    now = at or timezone.now()
    factor = confirmed(user)
    if factor is None:
        raise ValidationError(_("No authenticator app is set up."))
    if factor.blocked_until and factor.blocked_until > now:
        raise ValidationError(_paused())
    with transaction.atomic():
        if _opens(factor, code, now):
            audit.record(actor=user, action="second_factor", obj=user)
            return
        if _recovers(user, code, now):
            audit.record(actor=user, action="recovery_code", obj=user)
            return
        audit.record(actor=user, action="second_factor_failed", obj=user)
        paused = _count_wrong(factor, now)
    raise ValidationError(
        _paused() if paused else _("This code doesn't fit. Please take the newest one from the app.")
    )


def _paused() -> str:
    return _("The code was wrong several times. Please wait a quarter of an hour or ask the administrator.")


def _opens(factor: SecondFactor, code: str, at: datetime) -> bool:
    """Each half minute's code opens once; the row decides between two that come at the same time."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return False
    totp = pyotp.TOTP(factor.secret)
    now = int(at.timestamp()) // STEP
    for step in range(now - DRIFT, now + DRIFT + 1):
        if secrets.compare_digest(totp.generate_otp(step), digits):
            fresh = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
            return fresh.update(last_step=step, wrong=0, blocked_until=None) == 1
    return False


def _recovers(user: User, code: str, at: datetime) -> bool:
    unused = RecoveryCode.objects.filter(user=user, digest=_digest(code), used_at=None)
    if unused.update(used_at=at) != 1:
        return False
    SecondFactor.objects.filter(user=user).update(wrong=0, blocked_until=None)
    return True


def _count_wrong(factor: SecondFactor, at: datetime) -> bool:
    """Counts for the person, not for the browser: guesses from many places pause it all the same."""
    SecondFactor.objects.filter(pk=factor.pk).update(wrong=F("wrong") + 1)
    full = SecondFactor.objects.filter(pk=factor.pk, wrong__gte=MOST_WRONG)
    return full.update(wrong=0, blocked_until=at + PAUSE) == 1


@transaction.atomic
def remove(*, user: User, actor: User) -> bool:
    """Take the app and its recovery codes away; False when there was none."""
    had = confirmed(user) is not None
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    if had:
        audit.record(actor=actor, action="second_factor_off", obj=user)
    return had


def unblock(user: User) -> int:
    """Let the person try codes again; 1 when they had to wait."""
    blocked = SecondFactor.objects.filter(user=user, blocked_until__gt=timezone.now())
    return blocked.update(wrong=0, blocked_until=None)


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


def _digest(code: str) -> str:
    plain = "".join(code.lower().split()).replace("-", "")
    return hashlib.sha256(plain.encode()).hexdigest()
