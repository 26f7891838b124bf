"""Who works in the demonstration hospital. Every name is invented. Plain data; `loader` makes rows of it."""

from __future__ import annotations

from dataclasses import dataclass

from hospital.states import DepartmentKind, Role

HOSPITAL = "澜溪县妇幼保健院"
OFFICE = "宣传科"
FINANCE_OFFICE = "财务科"
LEADERSHIP = "院领导"

FUNCTIONAL, CLINICAL = DepartmentKind.FUNCTIONAL, DepartmentKind.CLINICAL
TECHNICAL, NURSING = DepartmentKind.TECHNICAL, DepartmentKind.NURSING
PARTY, LOGISTICS = DepartmentKind.PARTY, DepartmentKind.LOGISTICS


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

# number, name, kind, supervisor, head, post, title, senior, correspondent, title, accepted per year before and now
_ROWS: tuple[tuple[int, str, DepartmentKind, str, str, str, str, bool, str, str, Load, Load], ...] = (
    (3, "党办", PARTY, "0002", "尹国栋", "主任", "政工师", False, "唐婉清", "助理政工师", Load(26, 0), Load(25, 0)),
    (4, "团支部", PARTY, "0002", "骆子涵", "书记", "主管护师", False, "简宁", "护师", Load(3, 2), Load(2, 1)),
    (5, "监察审计科", FUNCTIONAL, "0002", "蒋伯安", "科长", "审计师", False, "苗青", "助理审计师", Load(2, 0), Load(1, 0)),
    (6, "基保科", FUNCTIONAL, "0004", "段春燕", "科长", "副主任医师", True, "马晓东", "主治医师", Load(13, 5), Load(10, 4)),
    (7, "健教科", FUNCTIONAL, "0004", "温如玉", "科长", "副主任医师", True, "白露", "健康管理师", Load(5, 13), Load(3, 11)),
    (8, "院办", FUNCTIONAL, "0001", "石敬山", "主任", "经济师", False, "林可心", "助理经济师", Load(4, 2), Load(3, 2)),
    (9, "信息科", FUNCTIONAL, "0001", "何启航", "科长", "高级工程师", True, "邱磊", "工程师", Load(3, 0), Load(2, 0)),
    (10, "妇幼信息科", FUNCTIONAL, "0004", "宋佳慧", "科长", "主治医师", False, "纪晓萌", "统计师", Load(1, 0), Load(1, 0)),
    (11, "总务后勤科", LOGISTICS, "0001", "牛大勇", "科长", "助理工程师", False, "费翔宇", "技师", Load(1, 0), Load(0, 0)),
    (12, "护理部", NURSING, "0003", "陈秀兰", "主任", "主任护师", True, "李思颖", "主管护师", Load(4, 5), Load(1, 4)),
    (13, "医务科", FUNCTIONAL, "0003", "曹振宇", "科长", "副主任医师", True, "汪洋", "主治医师", Load(4, 3), Load(5, 3)),
    (14, "医保科", FUNCTIONAL, "0001", "梁静波", "科长", "经济师", False, "傅文静", "助理经济师", Load(1, 2), Load(1, 1)),
    (15, "院感科", FUNCTIONAL, "0003", "郝玉洁", "科长", "副主任护师", True, "章雯", "主管护师", Load(3, 2), Load(0, 0)),
    (16, "妇产科住院部", CLINICAL, "0003", "余素芬", "主任", "主任医师", True, "赵梦琪", "主治医师", Load(4, 8), Load(5, 8)),
    (17, "手术室", CLINICAL, "0003", "袁海涛", "护士长", "副主任护师", True, "孔令怡", "护师", Load(2, 2), Load(2, 2)),
    (18, "儿科住院部", CLINICAL, "0003", "彭建国", "主任", "副主任医师", True, "夏小满", "主管护师", Load(4, 7), Load(4, 8)),
    (19, "门妇科", CLINICAL, "0003", "葛蕴华", "主任", "副主任医师", True, "鲁佳", "主治医师", Load(3, 5), Load(2, 4)),
    (20, "产前门诊", CLINICAL, "0003", "戴婉如", "主任", "副主任医师", True, "贺欣然", "助产士", Load(2, 6), Load(2, 5)),
    (21, "儿保科", CLINICAL, "0004", "田雨荷", "主任", "副主任医师", True, "莫子墨", "主治医师", Load(4, 8), Load(4, 8)),
    (22, "婚保科", CLINICAL, "0004", "施培德", "主任", "主治医师", False, "聂小倩", "护师", Load(1, 1), Load(0, 0)),
    (23, "体检科", CLINICAL, "0004", "孟庆丰", "主任", "副主任医师", True, "覃露", "护师", Load(2, 4), Load(1, 3)),
    (24, "影像科", TECHNICAL, "0003", "龚志远", "主任", "副主任医师", True, "乔森", "技师", Load(1, 1), Load(0, 0)),
    (25, "人事科", FUNCTIONAL, "0001", "丁惠芳", "科长", "高级经济师", True, "蓝天宇", "经济师", Load(4, 0), Load(4, 0)),
    (26, "检验科", TECHNICAL, "0003", "翟光明", "主任", "副主任技师", True, "伍思远", "检验师", Load(1, 3), Load(0, 2)),
    (27, "药剂科", TECHNICAL, "0003", "江叶青", "主任", "副主任药师", True, "毕晨曦", "主管药师", Load(3, 6), Load(3, 5)),
)  # fmt: skip


def _unit(row: tuple[int, str, DepartmentKind, str, str, str, str, bool, str, str, Load, Load]) -> Unit:
    number, name, kind, supervisor, head, post, title, senior, writer, writer_title, before, now = row
    return Unit(
        code=f"{number:02}",
        name=name,
        kind=kind,
        supervisor=supervisor,
        head=Person(f"{number:02}01", head, name, post, title, (Role.HEAD,), senior),
        writers=(Person(f"{number:02}07", writer, name, "通讯员", writer_title, (Role.CORRESPONDENT,)),),
        year_before=before,
        this_year=now,
    )


TABLE_UNITS = tuple(_unit(row) for row in _ROWS)
OFFICE_UNIT = Unit("01", OFFICE, PARTY, "0002", CHIEF, EDITORS, Load(12, 3), Load(10, 3))
FINANCE_UNIT = Unit("02", FINANCE_OFFICE, FUNCTIONAL, "0001", FINANCE[0], (), Load(0, 0), Load(0, 0))
UNITS = (OFFICE_UNIT, FINANCE_UNIT, *TABLE_UNITS)

PEOPLE: tuple[Person, ...] = (
    *LEADERS,
    *(person for unit in UNITS for person in (unit.head, *unit.writers)),
    FINANCE[1],
    AUDITOR,
    ADMINISTRATOR,
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
)
PASSWORD = "Xuanchuan-2026"  # noqa: S105  the demonstration's one password, printed by `demo logins`
