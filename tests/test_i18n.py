"""The Chinese catalogue: complete for this product, and its tool right about every way a string can be written."""

import gettext
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from publicity.catalog import ChineseCatalog, load_filling, placeholders
from publicity.catalog_extract import (
    Phrase,
    UnreadableFile,
    extract,
    python_phrases,
    script_phrases,
    template_phrases,
)

TEMPLATE = """{% load i18n %}{% translate "Hello" as x %}{% translate 'May' context "month" %}{% trans "Up 5%" %}
{% blocktranslate trimmed count n=rows|length with d=person.department %}
  {{ n }} row of {{ d }}
{% plural %}
  {{ n }} rows of {{ d }}
{% endblocktranslate %}
{% card title=_("A card") %}{{ x|default:_("None yet") }}{# {% translate "no" %} #}
{% comment %}{% translate "neither" %}{% endcomment %}
{% blocktranslate asvar t context "sheet" %}All 100% {{ y }}{% endblocktranslate %}"""

CODE = """
from x import gettext_lazy as _
a = _("One "
      "two %(name)s")
b = ngettext("%(n)d person", "%(n)d people", 3)
c = pgettext_lazy("verb", "Return")
d = _(variable)
e = npgettext("print", "%(n)s sheet", "%(n)s sheets", 2)
"""


def test_every_string_of_the_product_is_in_chinese() -> None:
    """A hospital would see an English sentence; `manage.py catalog --missing` lists what to translate."""
    problems = ChineseCatalog(Path(settings.BASE_DIR)).check().lines()
    assert not problems, "\n".join(problems)


def test_strings_of_a_template() -> None:
    assert [tuple(phrase)[:3] for phrase in template_phrases(TEMPLATE, "a.html")] == [
        ("", "Hello", ""),
        ("month", "May", ""),
        ("", "Up 5%%", ""),
        ("", "%(n)s row of %(d)s", "%(n)s rows of %(d)s"),
        ("", "A card", ""),
        ("", "None yet", ""),
        ("sheet", "All 100%% %(y)s", ""),
    ]


def test_strings_of_python() -> None:
    assert [tuple(phrase)[:3] for phrase in python_phrases(CODE, "a.py")] == [
        ("", "One two %(name)s", ""),
        ("", "%(n)d person", "%(n)d people"),
        ("verb", "Return", ""),
        ("print", "%(n)s sheet", "%(n)s sheets"),
    ]


def test_strings_of_a_script() -> None:
    found = script_phrases('alert(gettext("Saved")); x = ngettext("a", "b", 2); gettext(name);', "a.js")
    assert list(found) == [Phrase("", "Saved", "", "a.js"), Phrase("", "a", "b", "a.js")]


def test_a_tag_inside_a_block_is_reported_with_its_file(tmp_path: Path) -> None:
    """Django would refuse the template at run time; the catalogue tool mustn't silently lose its strings."""
    write(tmp_path, "templates/a.html", "{% blocktranslate %}{% if x %}a{% endif %}{% endblocktranslate %}")
    (problem,) = extract(tmp_path)
    assert isinstance(problem, UnreadableFile)
    assert str(problem).startswith("templates/a.html: line 1: no tag may stand inside blocktranslate: if x")


@pytest.fixture
def project(tmp_path: Path) -> ChineseCatalog:
    write(tmp_path, "templates/a.html", TEMPLATE)
    write(tmp_path, "publicity/a.py", CODE)
    return ChineseCatalog(tmp_path)


def write(root: Path, name: str, content: str) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def compiled(catalog: ChineseCatalog) -> gettext.GNUTranslations:
    with catalog.mo.open("rb") as file:
        return gettext.GNUTranslations(file)


def test_filled_strings_come_out_of_the_compiled_file(project: ChineseCatalog) -> None:
    project.update({"Hello": "你好", "Up 5%": "涨5%", "%(n)d person": "%(n)d人", "Return": "退回"})
    chinese = compiled(project)
    assert chinese.gettext("Hello") == "你好"
    assert chinese.gettext("Up 5%%") == "涨5%%"
    assert chinese.ngettext("%(n)d person", "%(n)d people", 3) == "%(n)d人"
    assert chinese.pgettext("verb", "Return") == "退回"
    assert "Hello" not in project.untranslated()
    assert "May" in project.untranslated()


def test_one_msgid_may_differ_by_context(project: ChineseCatalog) -> None:
    project.update({"May": "可以", "month\x04May": "五月"})
    assert compiled(project).pgettext("month", "May") == "五月"


def test_a_second_run_changes_no_byte(project: ChineseCatalog) -> None:
    """Two people's catalogues would conflict in git over dates and order."""
    project.update({"Hello": "你好"})
    before = project.po.read_bytes()
    project.update({})
    assert project.po.read_bytes() == before


def test_what_no_source_has_leaves_the_file(project: ChineseCatalog) -> None:
    project.update({"Hello": "你好"})
    write(project.root, "templates/a.html", "{% translate 'Bye' %}")
    assert "in the file, in no source (run manage.py catalog): Hello" in project.check().lines()
    assert "not in the file yet (run manage.py catalog): Bye" in project.check().lines()
    project.update({"Bye": "再见"})
    assert 'msgid "Hello"' not in project.po.read_text(encoding="utf-8")


def test_a_half_written_file_loses_no_translation(project: ChineseCatalog) -> None:
    """Somebody saves broken Python while another one runs the command: the translations must survive."""
    project.update({"One two %(name)s": "一二%(name)s"})
    write(project.root, "publicity/a.py", 'a = _("unclosed')
    assert any(line.startswith("file not read: publicity/a.py") for line in project.update({}).lines())
    write(project.root, "publicity/a.py", CODE)
    project.update({})
    assert compiled(project).gettext("One two %(name)s") == "一二%(name)s"


def test_a_lost_placeholder_is_found(project: ChineseCatalog) -> None:
    """The page would crash or show a name where a number belongs."""
    report = project.update({"One two %(name)s": "一二%(nam)s", "%(n)d person": "%(n)d人"})
    assert report.mismatched == ["'One two %(name)s' (publicity/a.py)"]


def test_a_fuzzy_entry_is_found_and_not_compiled(project: ChineseCatalog) -> None:
    project.update({"Hello": "你好"})
    text = project.po.read_text(encoding="utf-8")
    project.po.write_text(text.replace('msgid "Hello"', '#, fuzzy\nmsgid "Hello"'), encoding="utf-8")
    assert project.check().fuzzy == ["'Hello' (templates/a.html)"]
    project.compile()
    assert compiled(project).gettext("Hello") == "Hello"


def test_people_at_once_lose_nothing(project: ChineseCatalog, tmp_path: Path) -> None:
    """Two commands that read, fill and write at the same moment: the second must not undo the first."""
    code = (
        "import sys, json; from pathlib import Path; from publicity.catalog import ChineseCatalog;"
        "ChineseCatalog(Path(sys.argv[1])).update(json.loads(sys.argv[2]))"
    )
    fillings = [{"Hello": "你好"}, {"May": "五月"}, {"A card": "卡片"}, {"None yet": "暂无"}]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), json.dumps(filling)], cwd=settings.BASE_DIR
        )
        for filling in fillings
    ]
    assert [process.wait() for process in started] == [0, 0, 0, 0]
    assert {"Hello", "May", "A card", "None yet"}.isdisjoint(project.untranslated())


@pytest.mark.parametrize("content", ["[]", "{", '{"a": 1}'])
def test_a_wrong_filling_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = write(tmp_path, "mine.json", content)
    with pytest.raises(ValueError, match=r"mine\.json"):
        load_filling(path)


def test_placeholders() -> None:
    assert placeholders("%(a)s of %(b)d, 80%% and 80% done, %s {c}") == {"%(a)s", "%(b)d", "%s", "{c}"}
