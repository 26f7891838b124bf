"""A named cast and small builders. The cast has an outsider in every role that could see too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hospital.models import Department, RoleGrant, User
from hospital.states import DepartmentKind, Role

PASSWORD = "Correct-Horse-9"


def make_user(
    staff_no: str, name: str, *roles: Role, department: Department | None = None, **fields: Any
) -> User:
    """A person with roles; the password is `PASSWORD` only where ``password=True`` is given, since hashing is slow."""
    with_password = fields.pop("password", False)
    user: User = User.objects.create_user(
        staff_no=staff_no,
        name=name,
        department=department,
        password=PASSWORD if with_password else None,
        **fields,
    )
    RoleGrant.objects.bulk_create([RoleGrant(user=user, role=role) for role in roles])
    return user


def make_department(code: str, name: str, **fields: Any) -> Department:
    department: Department = Department.objects.create(code=code, name=name, **fields)
    return department


@dataclass(frozen=True)
class Cast:
    """护理部: 李娜 writes, 王芳 heads, 赵刚 supervises. 儿科: 孙悦 writes, 周敏 heads, 何平 supervises (the outsiders).

    The office: 陈静 and 吴迪 edit, 林峰 is chief. 钱进 is finance, 郑严 audits, 管理员 keeps people.
    """

    nursing: Department
    pediatrics: Department
    office: Department
    writer: User
    head: User
    leader: User
    other_writer: User
    other_head: User
    other_leader: User
    editor: User
    second_editor: User
    chief: User
    finance: User
    auditor: User
    administrator: User

    def everybody(self) -> dict[str, User]:
        return {name: value for name, value in vars(self).items() if isinstance(value, User)}


def make_cast() -> Cast:
    nursing = make_department("HLB", "护理部", kind=DepartmentKind.NURSING, order=10)
    pediatrics = make_department("EK", "儿科住院部", kind=DepartmentKind.CLINICAL, order=20)
    office = make_department("XCK", "宣传科", kind=DepartmentKind.PARTY, order=1)
    cast = Cast(
        nursing=nursing,
        pediatrics=pediatrics,
        office=office,
        writer=make_user(
            "0231", "李娜", Role.CORRESPONDENT, department=nursing, email="lina@hospital.invalid"
        ),
        head=make_user("0201", "王芳", Role.HEAD, department=nursing, email="wangfang@hospital.invalid"),
        leader=make_user("0003", "赵刚", Role.LEADER),
        other_writer=make_user("0331", "孙悦", Role.CORRESPONDENT, department=pediatrics),
        other_head=make_user("0301", "周敏", Role.HEAD, department=pediatrics),
        other_leader=make_user("0004", "何平", Role.LEADER),
        editor=make_user("0102", "陈静", Role.EDITOR, department=office),
        second_editor=make_user("0103", "吴迪", Role.EDITOR, department=office),
        chief=make_user("0101", "林峰", Role.CHIEF, department=office),
        finance=make_user("0501", "钱进", Role.FINANCE),
        auditor=make_user("0601", "郑严", Role.AUDITOR),
        administrator=make_user("0900", "管理员", Role.ADMINISTRATOR),
    )
    Department.objects.filter(pk=nursing.pk).update(head=cast.head, supervisor=cast.leader)
    Department.objects.filter(pk=pediatrics.pk).update(head=cast.other_head, supervisor=cast.other_leader)
    nursing.refresh_from_db()
    pediatrics.refresh_from_db()
    return cast
