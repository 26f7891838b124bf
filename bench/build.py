"""A hospital of any size in minutes: the rows are made inside the database, by a handful of INSERT … SELECT.

build(rows=1_000_000)     in a process whose Django is set up, on an empty, migrated database
python -m bench.build 10000     migrates and fills the database of DATABASE_URL

`rows` is the number of drafts, of placements, of deliveries and of ledger entries, each; with every draft come one
authorship, one submitted text and, when it is accepted, one verdict, and with every placement one credit. They lie in
the order of their numbers over ten years that end today. 2 % of the drafts are in review and 2 % of the placements
wait to be verified. The hospital around them (100 departments, 2,000 people, 200 outlets) is always the same.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

YEARS = 10
DEPARTMENTS = 100
PEOPLE = 2_000
OUTLETS = 200
CATEGORIES = 6
AUDIT_SHARE = 10  # one audit event in so many rows: they carry a digest, which Python computes
TEXT = "<p>11月18日起，我院血液净化中心每周一、三、五开设夜间透析门诊，方便上班族就医，首周服务26人次。</p>"


@dataclass(frozen=True)
class Built:
    """What was built, and how long it took in seconds."""

    rows: int
    total_rows: int
    seconds: float


def build(*, rows: int, today: date | None = None) -> Built:
    """Fill an empty database."""
    from django.db import transaction

    begun = time.perf_counter()
    with transaction.atomic():
        _small_tables(today or date.today())
        _helpers(today or date.today())
        total = sum(_fill(*step, rows=rows) for step in _steps(rows))
        total += _payouts(rows)
        _drop_helpers()
        _set_sequences()
    total += _audit(rows)
    _analyse()
    return Built(rows, total, time.perf_counter() - begun)


# --- the hospital around the rows -------------------------------------------------------------------------------------


def _small_tables(today: date) -> None:
    from hospital.models import Department, User
    from hospital.states import Role

    departments = Department.objects.bulk_create(
        Department(code=f"B{number:03d}", name=f"科室{number:03d}", order=number)
        for number in range(DEPARTMENTS)
    )
    people = User.objects.bulk_create(
        User(
            staff_no=f"B{number:05d}",
            name=f"职工{number:05d}",
            department=departments[number % DEPARTMENTS],
            password="!",  # noqa: S106  no password at all: nobody signs in by one here
        )
        for number in range(PEOPLE)
    )
    _posts(departments, people, Role)
    _outlets()
    _plans(today, departments, people[0])
    _scheme()


def _posts(departments: list[Any], people: list[Any], role: Any) -> None:
    """Person 0 is chief, 1 and 2 edit, 4 keeps finance, 5 audits, 6 administers; 10 to 19 supervise ten departments.

    Person 100+n heads department n; everybody from 200 on writes.
    """
    from hospital.models import Department, RoleGrant

    named = [role.CHIEF, role.EDITOR, role.EDITOR, role.HEAD, role.FINANCE, role.AUDITOR, role.ADMINISTRATOR]
    grants = [RoleGrant(user=person, role=post) for person, post in zip(people, named, strict=False)]
    grants += [RoleGrant(user=person, role=role.LEADER) for person in people[10:20]]
    grants += [RoleGrant(user=people[100 + number], role=role.HEAD) for number in range(DEPARTMENTS)]
    grants += [RoleGrant(user=person, role=role.CORRESPONDENT) for person in people[200:]]
    RoleGrant.objects.bulk_create(grants)
    for number, department in enumerate(departments):
        department.head, department.supervisor = people[100 + number], people[10 + number % 10]
    Department.objects.bulk_update(departments, ["head", "supervisor"])


def _outlets() -> None:
    from media_outreach.outlets.models import Outlet
    from plans.states import Level, Medium

    levels, media = list(Level), list(Medium)
    Outlet.objects.bulk_create(
        Outlet(name=f"媒体{n:03d}", level=levels[n % len(levels)], medium=media[n % len(media)])
        for n in range(OUTLETS)
    )


def _plans(today: date, departments: list[Any], author: Any) -> None:
    from plans.models import Category, Plan, QuotaItem
    from plans.states import PlanState

    Category.objects.all().delete()
    categories = Category.objects.bulk_create(
        Category(code=f"bench-{number}", name=f"类别{number}", for_drafts=True, order=number)
        for number in range(CATEGORIES)
    )
    for year in range(today.year - YEARS + 1, today.year + 1):
        plan = Plan.objects.create(
            year=year, title=f"{year}年度宣传工作计划", state=PlanState.APPROVED, created_by=author
        )
        QuotaItem.objects.bulk_create(
            QuotaItem(
                plan=plan,
                department=department,
                category=category,
                target=24,
                order=place * 10 + category.order,
            )
            for place, department in enumerate(departments)
            for category in categories
        )


def _scheme() -> None:
    from rewards.models import Rule, SchemeVersion
    from rewards.states import VersionState

    version = SchemeVersion.objects.create(
        name="宣传奖励办法", number=1, effective_from=date(2000, 1, 1), state=VersionState.IN_FORCE
    )
    Rule.objects.create(version=version, order=1, amount_fen=5_000)


# --- the rows ---------------------------------------------------------------------------------------------------------


def _helpers(today: date) -> None:
    """Temporary tables that turn a row's number into its day, person, department and so on, by plain joins."""
    from hospital.models import Department, User
    from media_outreach.outlets.models import Outlet
    from plans.models import Category

    first = date(today.year - YEARS + 1, 1, 1)
    days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    _helper(
        "day",
        "day date, ym integer, moment timestamp with time zone",
        [(day, day.year * 100 + day.month, _moment(day)) for day in days],
    )
    writers = User.objects.filter(staff_no__startswith="B").order_by("pk")[200:]
    _helper("person", "id bigint, department bigint", writers.values_list("pk", "department_id"))
    _helper("department", "id bigint", Department.objects.order_by("pk").values_list("pk"))
    _helper("category", "id bigint", Category.objects.order_by("pk").values_list("pk"))
    _helper("outlet", "id bigint", Outlet.objects.order_by("pk").values_list("pk"))


def _moment(day: date) -> Any:
    """Half past ten in Beijing, as this database's driver takes it."""
    from django.db import connection

    moment = datetime(day.year, day.month, day.day, 2, 30, tzinfo=UTC)
    return moment if connection.vendor == "postgresql" else moment.strftime("%Y-%m-%d %H:%M:%S")


def _helper(name: str, columns: str, found: Any) -> None:
    from django.db import connection

    found = [(place, *row) for place, row in enumerate(found)]
    marks = ", ".join(["%s"] * len(found[0]))
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE bench_{name} (k integer PRIMARY KEY, {columns})")
        cursor.executemany(f"INSERT INTO bench_{name} VALUES ({marks})", found)  # noqa: S608  names of our own
        cursor.execute(f"SELECT count(*) FROM bench_{name}")  # noqa: S608
        _counts[name] = cursor.fetchone()[0]


_counts: dict[str, int] = {}


def _drop_helpers() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for name in _counts:
            cursor.execute(f"DROP TABLE bench_{name}")


Step = tuple[Any, dict[str, str], str]


def _steps(rows: int) -> Iterator[Step]:
    """(model, {column: SQL}, WHERE) with n.i from 1 to `rows`, d the day, p person, c category, o outlet."""
    from django.db import connection

    from correspondents.models import Authorship, Review, Revision, Submission
    from hospital.models import Notification, User
    from media_outreach.outlets.models import Credit, Placement
    from plans.models import Delivery
    from rewards.models import Entry, Rule, SchemeVersion

    uuid = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    people = dict(User.objects.filter(staff_no__in=["B00001", "B00002"]).values_list("staff_no", "pk"))
    editor, second = people["B00001"], people["B00002"]
    waiting, accepted = "n.i % 50 = 0", "n.i % 50 <> 0"
    text = "'" + TEXT + "'"
    title = "'夜间透析门诊开诊第' || n.i || '期'"
    yield Submission, {
        "id": "n.i", "title": title, "category_id": "c.id", "genre": "'news'", "event_on": "d.day",
        "body": text, "department_id": "p.department", "created_by_id": "p.id",
        "state": f"CASE WHEN {waiting} THEN 'in_review' ELSE 'accepted' END",
        "stage": "CASE WHEN n.i % 50 <> 0 THEN '' WHEN n.i % 100 = 0 THEN 'head' ELSE 'editor' END",
        "version": "2", "form_key": uuid, "created_at": "d.moment", "updated_at": "d.moment",
        "submitted_at": "d.moment",
        "decided_at": f"CASE WHEN {accepted} THEN d.moment END",
    }, ""  # fmt: skip
    yield Authorship, {"id": "n.i", "submission_id": "n.i", "person_id": "p.id", "order": "1"}, ""
    yield Revision, {
        "id": "n.i", "submission_id": "n.i", "number": "1", "title": title, "body": text, "sha256": "'bench'",
        "by_id": "p.id", "at": "d.moment",
    }, ""  # fmt: skip
    yield Review, {
        "id": "n.i", "submission_id": "n.i", "revision_id": "n.i", "stage": "'editor'", "verdict": "'pass'",
        "opinion": "''", "by_id": str(editor), "at": "d.moment", "sha256": "'bench'",
    }, accepted  # fmt: skip
    yield Delivery, {
        "id": "n.i", "ym": "d.ym", "happened_on": "d.day", "department_id": "p.department", "person_id": "p.id",
        "category_id": "c.id", "title": title, "source_kind": "'submission'", "source_id": "n.i",
        "is_live": "TRUE", "recorded_by_id": str(editor), "recorded_at": "d.moment",
    }, ""  # fmt: skip
    yield Placement, {
        "id": "n.i", "submission_id": f"CASE WHEN {accepted} THEN n.i END", "outlet_id": "o.id",
        "headline": title, "department_id": "p.department", "genre": "'news'", "published_on": "d.day",
        "ym": "d.ym", "page": "'A03'", "url": "''", "is_paid": "FALSE",
        "state": f"CASE WHEN {waiting} THEN 'logged' ELSE 'verified' END",
        "logged_by_id": str(editor), "logged_at": "d.moment", "void_reason": "''",
        "verified_by_id": f"CASE WHEN {accepted} THEN {second} END",
        "verified_at": f"CASE WHEN {accepted} THEN d.moment END",
    }, ""  # fmt: skip
    yield Credit, {
        "id": "n.i", "placement_id": "n.i", "person_id": "p.id", "department_id": "p.department", "order": "1",
    }, ""  # fmt: skip
    empty = "CAST('{}' AS jsonb)" if connection.vendor == "postgresql" else "'{}'"
    yield Entry, {
        "id": "n.i", "ym": "d.ym", "happened_on": "d.day", "kind": "'reward'", "reason": "'rule'",
        "person_id": "p.id", "department_id": "p.department", "amount_fen": "5000",
        "version_id": str(SchemeVersion.objects.get().pk), "rule_id": str(Rule.objects.get().pk),
        "placement_id": "n.i", "title": title, "inputs": empty, "key": "'bench:' || n.i",
        "created_at": "d.moment",
    }, ""  # fmt: skip
    yield Notification, {
        "id": "n.i", "key": "'bench:' || n.i", "recipient_id": "p.id", "title": title, "body": "''", "url": "''",
        "created_at": "d.moment", "read_at": "CASE WHEN n.i % 7 <> 0 THEN d.moment END",
    }, f"n.i <= {rows}"  # fmt: skip


def _fill(model: Any, values: dict[str, str], where: str, *, rows: int) -> int:
    """One INSERT … SELECT; the number of rows it made."""
    from django.db import connection

    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in values)
    spread = ", ".join(f"({name})" if name != "n.i" else name for name in values.values())
    sql = f"""
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
        INSERT INTO {quote(model._meta.db_table)} ({columns})
        SELECT {spread} FROM n
        JOIN bench_day d ON d.k = CAST(CAST(n.i - 1 AS bigint) * {_counts["day"]} / {rows} AS integer)
        JOIN bench_person p ON p.k = (n.i * 7) % {_counts["person"]}
        JOIN bench_category c ON c.k = (n.i / 3) % {_counts["category"]}
        JOIN bench_outlet o ON o.k = (n.i * 11) % {_counts["outlet"]}
        WHERE {where or "1 = 1"}
    """  # noqa: S608  our own literals
    with connection.cursor() as cursor:
        cursor.execute(sql)
    return int(model._base_manager.count())


def _payouts(rows: int) -> int:
    """Every year before this one is paid: its entries lie in a sealed batch. This year's batch is open."""
    from django.db import connection
    from django.db.models import Max

    from hospital.models import User
    from rewards.models import Entry, Payout, PayoutEntry, PayoutLine
    from rewards.states import PayoutState

    chief = User.objects.get(staff_no="B00000")
    last = Entry.objects.aggregate(last=Max("ym"))["last"] // 100
    quote = connection.ops.quote_name
    for year in range(last - YEARS + 1, last):
        payout = Payout.objects.create(
            title=f"{year}年度奖励", ym_from=year * 100 + 1, ym_to=year * 100 + 12, state=PayoutState.SEALED,
            created_by=chief, sealed_by=chief,
        )  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {quote(PayoutEntry._meta.db_table)} (id, payout_id, entry_id) "  # noqa: S608
                f"SELECT id, {payout.pk}, id FROM {quote(Entry._meta.db_table)} "
                f"WHERE ym >= {year * 100 + 1} AND ym <= {year * 100 + 12}"
            )
        _lines(payout)
    Payout.objects.create(
        title=f"{last}年度奖励", ym_from=last * 100 + 1, ym_to=last * 100 + 12, created_by=chief
    )
    return PayoutEntry.objects.count() + PayoutLine.objects.count()


def _lines(payout: Any) -> None:
    """The summary of a sealed batch, one line a person."""
    from django.db import connection

    from hospital.models import Department, User
    from rewards.models import Entry, PayoutLine

    quote = connection.ops.quote_name
    names = ["payout_id", "order", "person_id", "staff_no", "name", "department_name", "pieces"]
    columns = ", ".join(quote(name) for name in [*names, "reward_fen", "deduction_fen", "net_fen"])
    sql = f"""
        INSERT INTO {quote(PayoutLine._meta.db_table)} ({columns})
        SELECT {payout.pk}, row_number() OVER (ORDER BY u.id), u.id, u.staff_no, u.name, d.name,
               count(*), sum(e.amount_fen), 0, sum(e.amount_fen)
        FROM {quote(Entry._meta.db_table)} e
        JOIN {quote(User._meta.db_table)} u ON u.id = e.person_id
        JOIN {quote(Department._meta.db_table)} d ON d.id = e.department_id
        WHERE e.ym >= {payout.ym_from} AND e.ym <= {payout.ym_to}
        GROUP BY u.id, u.staff_no, u.name, d.name
    """  # noqa: S608  our own literals
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _audit(rows: int) -> int:
    """Through the model, because an event's digest is computed there and its chain link by the database."""
    from hospital.models import User
    from toolkit.models import AuditEvent

    actor, wanted = User.objects.get(staff_no="B00001"), max(1, rows // AUDIT_SHARE)
    for start in range(0, wanted, 2_000):
        AuditEvent.objects.bulk_create(
            AuditEvent(actor=actor, actor_label=actor.name, action="accept", object_label=f"第{number}期")
            for number in range(start, min(start + 2_000, wanted))
        )
    return wanted


def _set_sequences() -> None:
    """PostgreSQL's sequences don't notice numbers that were given."""
    from django.apps import apps
    from django.core.management.color import no_style
    from django.db import connection

    statements = connection.ops.sequence_reset_sql(no_style(), list(apps.get_models()))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _analyse() -> None:
    """As autovacuum and SQLite's optimiser would have done by the next morning."""
    from django.db import connection

    with connection.cursor() as cursor:
        # A test's transaction allows no VACUUM.
        vacuum = connection.vendor == "postgresql" and not connection.in_atomic_block
        cursor.execute("VACUUM ANALYZE" if vacuum else "ANALYZE")


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publicity.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    built = build(rows=int(sys.argv[1]))
    print(f"{built.total_rows:,} rows ({built.rows:,} of each kind) in {built.seconds:.1f} s")


if __name__ == "__main__":
    main()
