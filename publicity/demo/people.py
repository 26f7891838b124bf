"""Who works in the demonstration hospital. Every name is invented. Plain data; `loader` makes rows of it."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from hospital.states import DepartmentKind, Role

HOSPITAL = "澜溪县妇幼保健院"
OFFICE = "宣传科"
FINANCE_OFFICE = "财务科"
LEADERSHIP = "院领导"

TEXTS = Path(__file__).parent / "texts"


@dataclass(frozen=True)
class Person:
    staff_no: str
    name: str
    department: str
    post: str
    title: str
    roles: tuple[Role, ...]
    is_senior: bool = False

    @property
    def phone(self) -> str:
        return f"139{int(self.staff_no):08d}"

    @property
    def email(self) -> str:
        return f"{self.staff_no}@hospital.example"


@dataclass(frozen=True)
class Load:
    """How many pieces a department gets accepted in a whole year: information and popular science."""

    info: int
    science: int


@dataclass(frozen=True)
class Unit:
    """A department with its people; `supervisor` is a leader's staff number."""

    code: str
    name: str
    kind: DepartmentKind
    supervisor: str
    head: Person
    writers: tuple[Person, ...]
    year_before: Load
    this_year: Load


LEADERS = (
    Person("0001", "沈立群", LEADERSHIP, "院长", "主任医师", (Role.LEADER,), True),
    Person("0002", "罗明远", LEADERSHIP, "党总支书记", "高级政工师", (Role.LEADER,), True),
    Person("0003", "韩雪梅", LEADERSHIP, "副院长", "主任医师", (Role.LEADER,), True),
    Person("0004", "杜建华", LEADERSHIP, "副院长", "副主任医师", (Role.LEADER,), True),
)
CHIEF = Person("0101", "顾文博", OFFICE, "科长", "副编审", (Role.CHIEF,), True)
EDITORS = (
    Person("0102", "方晓雯", OFFICE, "干事", "助理记者", (Role.EDITOR,)),
    Person("0103", "陆一鸣", OFFICE, "干事", "初级编辑", (Role.EDITOR,)),
)
FINANCE = (
    Person("0201", "姚丽君", FINANCE_OFFICE, "科长", "高级会计师", (Role.FINANCE, Role.HEAD), True),
    Person("0202", "钱雨桐", FINANCE_OFFICE, "出纳", "会计师", (Role.FINANCE,)),
)
AUDITOR = Person("0509", "严正清", "监察审计科", "审计员", "审计师", (Role.AUDITOR,))
ADMINISTRATOR = Person("0909", "谢志强", "信息科", "系统管理员", "工程师", (Role.ADMINISTRATOR,))
SECURITY = Person("0908", "柯明哲", "信息科", "安全管理员", "工程师", (Role.SECURITY,))


def _unit(row: dict[str, str]) -> Unit:
    name, code = row["name"], row["code"]
    head = Person(
        f"{code}01", row["head"], name, row["post"], row["head_title"], (Role.HEAD,), row["senior"] == "1"
    )
    writer = Person(f"{code}07", row["writer"], name, "通讯员", row["writer_title"], (Role.CORRESPONDENT,))
    return Unit(
        code=code,
        name=name,
        kind=DepartmentKind(row["kind"]),
        supervisor=row["supervisor"],
        head=head,
        writers=(writer,),
        year_before=Load(int(row["info_before"]), int(row["science_before"])),
        this_year=Load(int(row["info_now"]), int(row["science_now"])),
    )


def _table() -> tuple[Unit, ...]:
    with (TEXTS / "departments.csv").open(encoding="utf-8", newline="") as file:
        return tuple(_unit(row) for row in csv.DictReader(file))


# The departments of the quota table.
TABLE_UNITS = _table()
OFFICE_UNIT = Unit("01", OFFICE, DepartmentKind.PARTY, "0002", CHIEF, EDITORS, Load(9, 3), Load(6, 3))
FINANCE_UNIT = Unit(
    "02", FINANCE_OFFICE, DepartmentKind.FUNCTIONAL, "0001", FINANCE[0], (), Load(0, 0), Load(0, 0)
)
UNITS = (OFFICE_UNIT, FINANCE_UNIT, *TABLE_UNITS)

PEOPLE: tuple[Person, ...] = (
    *LEADERS,
    *(person for unit in UNITS for person in (unit.head, *unit.writers)),
    FINANCE[1],
    AUDITOR,
    ADMINISTRATOR,
    SECURITY,
)
BY_NUMBER = {person.staff_no: person for person in PEOPLE}
BY_DEPARTMENT = {unit.name: unit for unit in UNITS}

# One login per role, in the order a piece of news travels.
LOGINS: tuple[tuple[Role, str], ...] = (
    (Role.CORRESPONDENT, "1207"),
    (Role.HEAD, "1201"),
    (Role.LEADER, "0003"),
    (Role.EDITOR, "0102"),
    (Role.CHIEF, "0101"),
    (Role.FINANCE, "0202"),
    (Role.AUDITOR, "0509"),
    (Role.ADMINISTRATOR, "0909"),
    (Role.SECURITY, "0908"),
)
PASSWORD = "Xuanchuan-2026"  # noqa: S105  the demonstration's one password, printed by `demo logins`
