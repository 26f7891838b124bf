"""Rows of the departments, the people, their roles and the correspondents' appointments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib.auth.hashers import make_password

from correspondents.models import Appointment
from hospital.models import Department, RoleGrant, User
from hospital.states import DepartmentKind, Role
from publicity.demo.people import LEADERSHIP, PASSWORD, PEOPLE, UNITS


@dataclass(frozen=True)
class Staff:
    """Rows by staff number and by department name."""

    people: dict[str, User]
    departments: dict[str, Department]


def make_staff(*, since: date) -> Staff:
    """Everybody has the one demonstration password: hashed once, since hashing is slow on purpose."""
    departments = _departments()
    password = make_password(PASSWORD)
    people = {}
    for person in PEOPLE:
        people[person.staff_no] = User.objects.create(
            staff_no=person.staff_no,
            name=person.name,
            department=departments[person.department],
            phone=person.phone,
            email=person.email,
            title=person.title,
            is_senior=person.is_senior,
            is_demo=True,
            password=password,
        )
    RoleGrant.objects.bulk_create(
        RoleGrant(user=people[person.staff_no], role=role) for person in PEOPLE for role in person.roles
    )
    for unit in UNITS:
        department = departments[unit.name]
        department.head = people[unit.head.staff_no]
        department.supervisor = people[unit.supervisor]
        department.save(update_fields=["head", "supervisor"])
    Appointment.objects.bulk_create(
        Appointment(person=people[writer.staff_no], department=departments[unit.name], starts_on=since)
        for unit in UNITS
        for writer in unit.writers
        if Role.CORRESPONDENT in writer.roles
    )
    return Staff(people, departments)


def _departments() -> dict[str, Department]:
    leadership = Department.objects.create(
        code="00", name=LEADERSHIP, kind=DepartmentKind.FUNCTIONAL, order=0
    )
    made = {LEADERSHIP: leadership}
    for order, unit in enumerate(UNITS, 1):
        made[unit.name] = Department.objects.create(
            code=unit.code, name=unit.name, kind=unit.kind, order=order * 10
        )
    return made
