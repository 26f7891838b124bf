"""What belongs to signing in: the second factor, its recovery codes, and where a person is signed in."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from toolkit.encrypted import EncryptedCharField


class SecondFactor(models.Model):
    """An authenticator app (TOTP). It counts from `confirmed_at` on; before that it is being set up.

    `last_step` is the half minute of the code used last: a code opens once. `wrong` and `blocked_until` pause the
    guessing of codes, from wherever it comes.
    """

    user = models.OneToOneField(
        "hospital.User", models.CASCADE, related_name="second_factor", verbose_name=_("person")
    )
    secret = EncryptedCharField(max_length=64)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    last_step = models.BigIntegerField(default=0)
    wrong = models.PositiveIntegerField(default=0)
    blocked_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "hospital"
        verbose_name = _("second factor")
        verbose_name_plural = _("second factors")

    def __str__(self) -> str:
        return str(self.user)


class RecoveryCode(models.Model):
    """Opens once in place of the app. Only a hash is kept; the code has 80 random bits, so a plain hash is enough."""

    user = models.ForeignKey(
        "hospital.User", models.CASCADE, related_name="recovery_codes", verbose_name=_("person")
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(_("used"), null=True, blank=True)

    class Meta:
        app_label = "hospital"
        verbose_name = _("recovery code")
        verbose_name_plural = _("recovery codes")
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recoverycode_once")]

    def __str__(self) -> str:
        return str(self.pk)


class SignInQuerySet(models.QuerySet["SignIn"]):
    def visible_to(self, user: Any) -> SignInQuerySet:
        return self.filter(user=user)


class SignIn(models.Model):
    """One browser a person is signed in with. The session itself decides; this row is what they see of it."""

    user = models.ForeignKey(
        "hospital.User", models.CASCADE, related_name="sign_ins", verbose_name=_("person")
    )
    session_key = models.CharField(max_length=40, unique=True)
    agent = models.CharField(_("browser"), max_length=300, blank=True)
    address = models.CharField(_("network address"), max_length=45, blank=True)
    started_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last used"), default=timezone.now)

    objects: ClassVar[Any] = SignInQuerySet.as_manager()

    class Meta:
        app_label = "hospital"
        verbose_name = _("sign-in")
        verbose_name_plural = _("sign-ins")
        ordering = ["-seen_at", "-pk"]
        indexes = [models.Index(fields=["user", "-seen_at"], name="signin_own")]

    def __str__(self) -> str:
        return str(self.user)
