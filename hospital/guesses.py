"""What kind a department probably is, by its name: a suggestion for a person to check, never a decision."""

from __future__ import annotations

from hospital.states import DepartmentKind

# In this order: 妇幼信息科 is an office although 妇 sounds clinical, 检验科 technical although it ends like an office.
HINTS: tuple[tuple[DepartmentKind, tuple[str, ...]], ...] = (
    (DepartmentKind.PARTY, ("党", "团支部", "团委", "工会", "纪检", "监察", "宣传")),
    (DepartmentKind.NURSING, ("护理", "护士")),
    (DepartmentKind.LOGISTICS, ("后勤", "总务", "保卫", "基建", "设备", "采购")),
    (
        DepartmentKind.TECHNICAL,
        ("检验", "影像", "放射", "超声", "药", "病理", "手术室", "体检", "输血", "供应室"),
    ),
    (
        DepartmentKind.FUNCTIONAL,
        ("办", "信息", "医务", "医保", "院感", "人事", "财务", "审计", "健教", "基保", "质控", "科教"),
    ),
    (
        DepartmentKind.CLINICAL,
        ("产", "妇", "儿", "婚保", "门诊", "住院", "内科", "外科", "急诊", "中医", "口腔", "病房", "康复"),
    ),
)


def probable_kind(name: str) -> DepartmentKind:
    """The first hint the name contains; 职能 when nothing is known."""
    return next(
        (kind for kind, words in HINTS if any(word in name for word in words)), DepartmentKind.FUNCTIONAL
    )
