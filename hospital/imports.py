"""People and departments out of an .xlsx, matched by 工号 and 代码. The headings belong to the file, not the pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from import_export import widgets
from import_export.instance_loaders import CachedInstanceLoader

from hospital.import_sheets import Choice, KeptField, Lookup, SafeSheet, SheetResource, YesNo
from hospital.models import Department, RoleGrant, User
from hospital.permissions import check_split
from hospital.states import DepartmentKind, Role
from toolkit import audit

ROLE_WORDS: dict[str, str] = {
    "通讯员": Role.CORRESPONDENT,
    "科室负责人": Role.HEAD,
    "负责人": Role.HEAD,
    "院领导": Role.LEADER,
    "分管领导": Role.LEADER,
    "领导": Role.LEADER,
    "宣传科干事": Role.EDITOR,
    "干事": Role.EDITOR,
    "编辑": Role.EDITOR,
    "宣传科科长": Role.CHIEF,
    "科长": Role.CHIEF,
    "财务": Role.FINANCE,
    "纪检审计": Role.AUDITOR,
    "纪检": Role.AUDITOR,
    "审计": Role.AUDITOR,
    "系统管理员": Role.ADMINISTRATOR,
    "管理员": Role.ADMINISTRATOR,
    "安全管理员": Role.SECURITY,
}
ROLE_LABELS = {
    Role.CORRESPONDENT: "通讯员",
    Role.HEAD: "科室负责人",
    Role.LEADER: "院领导",
    Role.EDITOR: "宣传科干事",
    Role.CHIEF: "宣传科科长",
    Role.FINANCE: "财务",
    Role.AUDITOR: "纪检审计",
    Role.ADMINISTRATOR: "系统管理员",
    Role.SECURITY: "安全管理员",
}
NO_ROLE = "无"
KIND_LABELS = {
    DepartmentKind.FUNCTIONAL: "职能",
    DepartmentKind.CLINICAL: "临床",
    DepartmentKind.TECHNICAL: "医技",
    DepartmentKind.NURSING: "护理",
    DepartmentKind.PARTY: "党群",
    DepartmentKind.LOGISTICS: "后勤",
}
KIND_WORDS: dict[str, str] = {label: kind for kind, label in KIND_LABELS.items()}
_PHONE = re.compile(r"^\+?[0-9][0-9 -]{4,18}$")


class PeopleSheet(SafeSheet):
    columns = ("工号", "姓名", "科室", "职称", "副高以上", "手机", "邮箱", "角色", "在岗")
    required = ("工号", "姓名")

    @classmethod
    def explained(cls) -> list[tuple[str, str]]:
        return [
            ("工号", _("Needed. Decides whether a row is a new person or changes one who is there.")),
            ("姓名", _("Needed for new people.")),
            ("科室", _("The department's name as it is in the system.")),
            ("职称", _("Any words.")),
            ("副高以上", _("是 or 否.")),
            ("手机", _("Digits only.")),
            ("邮箱", _("An e-mail address; reminders go there.")),
            (
                "角色",
                _("Several with 、 between: %(roles)s. 无 takes all away.")
                % {"roles": "、".join(ROLE_LABELS.values())},
            ),
            ("在岗", _("是 or 否; 否 ends the right to sign in.")),
        ]


class DepartmentsSheet(SafeSheet):
    columns = ("代码", "名称", "类别", "负责人工号", "分管领导工号", "在用")
    required = ("代码", "名称")

    @classmethod
    def explained(cls) -> list[tuple[str, str]]:
        return [
            ("代码", _("Needed. Decides whether a row is a new department or changes one that is there.")),
            ("名称", _("Needed for new departments.")),
            ("类别", _("One of %(kinds)s.") % {"kinds": "、".join(KIND_LABELS.values())}),
            ("负责人工号", _("Staff number of the department head; that person must have been imported.")),
            (
                "分管领导工号",
                _("Staff number of the supervising leader; that person must have been imported."),
            ),
            ("在用", _("是 or 否.")),
        ]


class Roles(widgets.Widget):
    """「通讯员、科室负责人」; 「无」 takes all roles away."""

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> frozenset[str]:
        words = [word for word in re.split(r"[、,;/\s]+", str(value)) if word]
        if words == [NO_ROLE]:
            return frozenset()
        unknown = [word for word in words if word not in ROLE_WORDS]
        if unknown:
            raise ValueError(
                _("There is no role “%(role)s”. Please choose from %(allowed)s.")
                % {"role": unknown[0], "allowed": "、".join(ROLE_LABELS.values())}
            )
        return frozenset(ROLE_WORDS[word] for word in words)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        return "、".join(label for role, label in ROLE_LABELS.items() if role in (value or ()))


class Phone(widgets.Widget):
    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> str:
        if not _PHONE.match(str(value)):
            raise ValueError(_("“%(text)s” is no phone number. Please write digits only.") % {"text": value})
        return str(value)

    def render(self, value: Any, obj: Any = None, **kwargs: Any) -> str:
        """The preview shows what is stored too, so it masks as every page does."""
        return User(phone=str(value or "")).masked_phone


def departments_by_name() -> Mapping[str, Department]:
    return {department.name: department for department in Department.objects.all()}


def no_such_department(name: str) -> str:
    near = get_close_matches(name, Department.objects.values_list("name", flat=True), n=1)
    if near:
        return _("There is no department “%(name)s”. Did you mean “%(near)s”?") % {
            "name": name,
            "near": near[0],
        }
    return _("There is no department “%(name)s”. Import the departments first, or correct the name.") % {
        "name": name
    }


def people_by_number() -> Mapping[str, User]:
    return {person.staff_no: person for person in User.objects.all()}


def no_such_person(number: str) -> str:
    return _(
        "Nobody has the staff number “%(number)s”. Import the people first, or leave this cell blank."
    ) % {"number": number}


class PeopleResource(SheetResource):
    """One row a person. Roles are read and written beside the person; new people can't sign in yet."""

    key_column = "工号"

    staff_no = KeptField("staff_no", "工号")
    name = KeptField("name", "姓名")
    department = KeptField("department", "科室", Lookup(load=departments_by_name, missing=no_such_department))
    title = KeptField("title", "职称")
    is_senior = KeptField("is_senior", "副高以上", YesNo())
    phone = KeptField("phone", "手机", Phone())
    email = KeptField("email", "邮箱")
    roles = KeptField("imported_roles", "角色", Roles())
    is_active = KeptField("is_active", "在岗", YesNo())

    class Meta:
        model = User
        fields = (
            "staff_no",
            "name",
            "department",
            "title",
            "is_senior",
            "phone",
            "email",
            "roles",
            "is_active",
        )
        import_id_fields = ("staff_no",)
        instance_loader_class = CachedInstanceLoader
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True

    def get_queryset(self) -> Any:
        return User.objects.select_related("department").prefetch_related("role_grants")

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        """Keep what the person was, for the audit trail; a new one gets no password that anybody knows."""
        if new:
            instance.set_unusable_password()
        instance.imported_roles = frozenset() if new else instance.roles
        instance.before_import = None if new else told(instance)

    def import_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        super().import_instance(instance, row, **kwargs)
        actor = kwargs.get("user")
        held = frozenset() if instance.pk is None else instance.roles
        if actor is not None and instance.imported_roles != held:
            check_roles(actor, instance.imported_roles)
        if actor is None or instance.pk is None or instance.pk != actor.pk:
            return
        if not instance.is_active:
            raise ValidationError({"is_active": _("You can't deactivate yourself.")})
        if not actor.is_superuser and Role.ADMINISTRATOR not in instance.imported_roles:
            raise ValidationError(
                {"imported_roles": _("You can't take the administrator's role from yourself.")}
            )

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        set_roles(instance, instance.imported_roles)
        record_import(kwargs.get("user"), instance, instance.before_import, told(instance))


class DepartmentsResource(SheetResource):
    key_column = "代码"

    code = KeptField("code", "代码")
    name = KeptField("name", "名称")
    kind = KeptField("kind", "类别", Choice(KIND_WORDS, KIND_LABELS))
    head = KeptField("head", "负责人工号", Lookup(load=people_by_number, missing=no_such_person))
    supervisor = KeptField(
        "supervisor", "分管领导工号", Lookup(load=people_by_number, missing=no_such_person)
    )
    is_active = KeptField("is_active", "在用", YesNo())

    class Meta:
        model = Department
        fields = ("code", "name", "kind", "head", "supervisor", "is_active")
        import_id_fields = ("code",)
        instance_loader_class = CachedInstanceLoader
        clean_model_instances = True
        skip_unchanged = True
        report_skipped = True

    def get_queryset(self) -> Any:
        return Department.objects.select_related("head", "supervisor")

    def after_init_instance(self, instance: Any, new: bool, row: Any, **kwargs: Any) -> None:
        instance.before_import = None if new else told_department(instance)

    def after_save_instance(self, instance: Any, row: Any, **kwargs: Any) -> None:
        record_import(kwargs.get("user"), instance, instance.before_import, told_department(instance))


def check_roles(actor: User, roles: frozenset[str]) -> None:
    """Who may give roles, and which don't go together; the sentence stands in the preview."""
    try:
        check_split(roles)
        if not actor.has_perm("hospital.keep_accounts"):
            raise ValidationError(
                _("Roles are given by the security administrator; please leave the roles column blank.")
            )
    except ValidationError as error:
        raise ValidationError({"imported_roles": error.messages}) from error


def told(person: User) -> dict[str, Any]:
    """A person as the audit trail tells it; the phone is masked there as everywhere."""
    return {
        "name": person.name,
        "department": str(person.department or ""),
        "title": person.title,
        "is_senior": person.is_senior,
        "phone": person.masked_phone,
        "email": person.email,
        "roles": sorted(getattr(person, "imported_roles", person.roles)),
        "is_active": person.is_active,
    }


def told_department(department: Department) -> dict[str, Any]:
    return {
        "name": department.name,
        "kind": department.kind,
        "head": str(department.head or ""),
        "supervisor": str(department.supervisor or ""),
        "is_active": department.is_active,
    }


def record_import(actor: Any, obj: Any, before: dict[str, Any] | None, after: dict[str, Any]) -> None:
    """One audit event a row; a dry run takes it back together with the row."""
    old = before or dict.fromkeys(after)
    changes = {name: [old[name], value] for name, value in after.items() if old[name] != value}
    audit.record(actor=actor, action="import", obj=obj, changes=changes)


def set_roles(person: User, roles: frozenset[str]) -> None:
    """Make these the person's roles, no more and no less."""
    held = {grant.role for grant in RoleGrant.objects.filter(user=person)}
    RoleGrant.objects.filter(user=person, role__in=held - roles).delete()
    RoleGrant.objects.bulk_create(RoleGrant(user=person, role=role) for role in sorted(roles - held))
    person.__dict__.pop("roles", None)  # read once per object: read it anew after a change
