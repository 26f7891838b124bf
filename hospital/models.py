"""People, their roles, the departments they belong to, and the notices they receive."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from hospital.account.models import RecoveryCode, SecondFactor, SignIn
from hospital.states import DepartmentKind, Role
from toolkit.encrypted import EncryptedCharField

__all__ = [
    "Department",
    "DepartmentQuerySet",
    "Notification",
    "NotificationQuerySet",
    "RecoveryCode",
    "RoleGrant",
    "SecondFactor",
    "SignIn",
    "User",
    "UserManager",
    "UserQuerySet",
]


class DepartmentQuerySet(models.QuerySet["Department"]):
    def active(self) -> DepartmentQuerySet:
        return self.filter(is_active=True)

    def led_by(self, user: User) -> DepartmentQuerySet:
        """Departments whose first responsible person this user is."""
        return self.filter(head=user)

    def supervised_by(self, user: User) -> DepartmentQuerySet:
        return self.filter(supervisor=user)


class Department(models.Model):
    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=60, unique=True)
    kind = models.CharField(
        _("kind"), max_length=12, choices=DepartmentKind.choices, default=DepartmentKind.FUNCTIONAL
    )
    head = models.ForeignKey(
        "hospital.User",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="headed_departments",
        verbose_name=_("department head"),
    )
    supervisor = models.ForeignKey(
        "hospital.User",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="supervised_departments",
        verbose_name=_("supervising leader"),
    )
    order = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    history = HistoricalRecords()

    objects: ClassVar[Any] = DepartmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        ordering = ["order", "code"]

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, staff_no: str | None) -> User:
        return self.get(staff_no=staff_no)

    def create_user(self, staff_no: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(staff_no=staff_no, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, staff_no: str, password: str | None = None, **fields: Any) -> User:
        fields.setdefault("is_superuser", True)
        return self.create_user(staff_no, password, **fields)


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        return self.filter(is_active=True)

    def with_role(self, *roles: Role) -> UserQuerySet:
        return self.filter(role_grants__role__in=roles).distinct()


class User(AbstractBaseUser, PermissionsMixin):
    """A person of the hospital. They sign in with their staff number (工号)."""

    staff_no = models.CharField(
        _("staff number"),
        max_length=20,
        unique=True,
        validators=[
            RegexValidator(r"^[0-9A-Za-z-]+$", _("A staff number has only letters, digits and hyphens."))
        ],
        error_messages={"unique": _("Somebody already has this staff number.")},
    )
    name = models.CharField(_("name"), max_length=40)
    department = models.ForeignKey(
        Department,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("department"),
    )
    phone = EncryptedCharField(_("phone"), max_length=20, blank=True)
    bank_card = EncryptedCharField(
        _("bank card"),
        max_length=23,
        blank=True,
        editable=False,
        validators=[
            RegexValidator(r"^[0-9]{12,19}$", _("Please write the 12 to 19 digits of the card number."))
        ],
    )
    email = models.EmailField(_("e-mail"), blank=True)
    title = models.CharField(_("professional title"), max_length=40, blank=True)
    is_senior = models.BooleanField(_("associate senior title or above"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    is_demo = models.BooleanField(_("demonstration person"), default=False, editable=False)
    joined_at = models.DateTimeField(_("added"), auto_now_add=True)
    must_change_password = models.BooleanField(_("must change the password"), default=False, editable=False)
    password_changed_at = models.DateTimeField(_("password set"), null=True, editable=False)
    history = HistoricalRecords(
        excluded_fields=[
            "password",
            "last_login",
            "bank_card",
            "must_change_password",
            "password_changed_at",
        ]
    )

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "staff_no"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["staff_no"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.password_changed_at = timezone.now()

    @cached_property
    def roles(self) -> frozenset[str]:
        """The person's roles, read once per object."""
        return frozenset(grant.role for grant in self.role_grants.all())

    def has_role(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def is_staff(self) -> bool:
        """May open the Django admin: leaders approve plans there, administrators keep people and accounts."""
        return self.is_active and (
            self.is_superuser or self.has_role(Role.LEADER, Role.ADMINISTRATOR, Role.SECURITY)
        )

    @property
    def masked_phone(self) -> str:
        return (
            f"{self.phone[:3]}****{self.phone[-4:]}" if len(self.phone) >= 8 else "****" if self.phone else ""
        )

    @property
    def masked_bank_card(self) -> str:
        return f"**** **** {self.bank_card[-4:]}" if self.bank_card else ""


class RoleGrant(models.Model):
    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=16, choices=Role.choices)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="rolegrant_once")]

    def __str__(self) -> str:
        return self.get_role_display()


class NotificationQuerySet(models.QuerySet["Notification"]):
    def visible_to(self, user: User) -> NotificationQuerySet:
        return self.filter(recipient=user)

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)


class Notification(models.Model):
    """One notice to one person. ``key`` makes the same news arrive once, however often it is sent."""

    key = models.CharField(max_length=200, unique=True, editable=False)
    recipient = models.ForeignKey(
        User, models.CASCADE, related_name="notifications", verbose_name=_("recipient")
    )
    title = models.CharField(_("title"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects: ClassVar[Any] = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["recipient", "-created_at"], name="notification_inbox")]

    def __str__(self) -> str:
        return self.title
