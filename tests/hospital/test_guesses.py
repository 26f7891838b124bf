"""The kind a new department is offered as."""

import csv
from pathlib import Path

from hospital.guesses import probable_kind

TABLE = Path(__file__).resolve().parent.parent / "plans" / "data" / "quota-table-2024.expected.csv"


def test_the_real_tables_departments_get_a_sensible_kind() -> None:
    """Twenty-five selects that all say 职能 would be twenty-five things to correct."""
    with TABLE.open(encoding="utf-8") as handle:
        names = dict.fromkeys(row["department"] for row in csv.DictReader(handle))
    kinds = {name: probable_kind(name).value for name in names}
    assert [name for name, kind in kinds.items() if kind == "clinical"] == [
        "妇产科住院部",
        "儿科住院部",
        "门妇科",
        "产前门诊",
        "儿保科",
        "婚保科",
    ]
    assert [name for name, kind in kinds.items() if kind == "technical"] == [
        "手术室",
        "体检科",
        "影像科",
        "检验科",
        "药剂科",
    ]
    assert kinds["党办"] == kinds["团支部"] == kinds["监察审计科"] == "party"
    assert kinds["护理部"] == "nursing"
    assert kinds["总务后勤科"] == "logistics"
    assert kinds["妇幼信息科"] == kinds["信息科"] == kinds["院办"] == "functional"
