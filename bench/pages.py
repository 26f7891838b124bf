"""Every list, queue, matrix, dashboard and export page: queries, p50 and p95, in one process.

python -m bench.pages 10000     fills the empty database of DATABASE_URL, measures, prints JSON

A request goes through the whole of Django (middleware, session, permissions, template) with the test client, without
a network. Each page is asked for `WARM` times unmeasured, then until `TIMES` requests or `SECONDS` have passed. The
bare view and the admin's lists are measured in the same process, in between.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

WARM = 3
TIMES = 30
LEAST = 5
SECONDS = 2.0


@dataclass(frozen=True)
class Page:
    """One address as one person. `kind`: bare, admin, list, page or export. `beside` names the admin list."""

    name: str
    who: str
    address: str
    kind: str = "page"
    beside: str = ""


@dataclass(frozen=True)
class Figure:
    """Milliseconds; `cpu` is this process's own time (p50), `size` the answer's length in bytes."""

    name: str
    kind: str
    beside: str
    queries: int
    p50: float
    p95: float
    cpu: float
    requests: int
    size: int


def pages() -> list[Page]:
    """What is measured. Whole years are asked for by this year's number."""
    from django.urls import reverse
    from django.utils import timezone

    from hospital.models import Department
    from plans.models import Category
    from rewards.models import Payout

    today = timezone.localdate()
    category, department = Category.objects.order_by("pk")[0].code, Department.objects.order_by("pk")[1].pk
    cell = f"{reverse('plans:cell')}?year={today.year}&category={category}&department={department}"
    month = f"month={today.year}-{today.month:02d}"
    gathering = Payout.objects.order_by("-ym_to")[0].pk
    admin = "/bench/admin/{}/"
    return [
        Page("bare view", "chief", "/bench/bare/", "bare"),
        *[
            Page(f"admin list: {name}", "root", admin.format(path), "admin")
            for name, path in [
                ("drafts", "correspondents/submission"), ("placements", "outlets/placement"),
                ("deliveries", "plans/delivery"), ("ledger", "rewards/entry"),
                ("audit", "toolkit/auditevent"), ("notices", "hospital/notification"),
            ]
        ],
        Page("dashboard, chief", "chief", reverse("dashboard")),
        Page("dashboard, leader", "leader", reverse("dashboard")),
        Page("dashboard, department head", "head", reverse("dashboard")),
        Page("dashboard, correspondent", "writer", reverse("dashboard")),
        Page("dashboard, auditor", "auditor", reverse("dashboard")),
        Page("dashboard, administrator", "administrator", reverse("dashboard")),
        Page("plans", "chief", reverse("plans:list"), "list"),
        Page("matrix", "chief", reverse("plans:matrix")),
        Page("matrix, one cell's pieces", "chief", cell, "list", "deliveries"),
        Page("matrix as .xlsx", "chief", f"{reverse('plans:export')}?year={today.year}", "export"),
        Page("drafts, all", "chief", reverse("drafts:list"), "list", "drafts"),
        Page("drafts, all, one state", "chief", f"{reverse('drafts:list')}?state=in_review", "list", "drafts"),
        Page("drafts, own", "writer", reverse("drafts:list"), "list", "drafts"),
        Page("drafts, a head's departments", "head", f"{reverse('drafts:list')}?scope=all", "list", "drafts"),
        Page("review queue, office", "editor", reverse("drafts:queue"), "list", "drafts"),
        Page("review queue, head", "head", reverse("drafts:queue"), "list", "drafts"),
        Page("placements", "chief", reverse("outlets:list"), "list", "placements"),
        Page("placements, own", "writer", reverse("outlets:list"), "list", "placements"),
        Page("placements of a month as .xlsx", "chief", f"{reverse('outlets:export')}?{month}", "export"),
        Page("outlets", "chief", reverse("outlets:outlet_list"), "list"),
        Page("log a placement: choose the piece", "editor", reverse("outlets:new")),
        Page("reward ledger", "finance", reverse("rewards:ledger"), "list", "ledger"),
        Page("own rewards", "writer", reverse("rewards:mine"), "list", "ledger"),
        Page("payout batches", "finance", reverse("rewards:payouts"), "list"),
        Page("this year's open batch, with its proof", "chief", reverse("rewards:payout", args=[gathering])),
        Page("reports", "chief", reverse("reports")),
        Page("audit trail", "auditor", reverse("audit"), "list", "audit"),
        Page("notices", "writer", reverse("hospital:notifications"), "list", "notices"),
        Page("people (admin)", "administrator", reverse("admin:hospital_user_changelist"), "list"),
    ]  # fmt: skip


STAFF = {
    "chief": "B00000", "editor": "B00001", "leader": "B00011", "finance": "B00004", "auditor": "B00005",
    "administrator": "B00006", "head": "B00101", "writer": "B00207",
}  # fmt: skip


class Visitors:
    """One signed-in test client for each role."""

    def __init__(self) -> None:
        from hospital.models import User

        self._clients: dict[str, Any] = {}
        found = User.objects.filter(staff_no="BROOT").first()
        self._root = found or User.objects.create_superuser("BROOT", None, name="root")

    def __getitem__(self, who: str) -> Any:
        from django.test import Client

        from hospital.models import User

        if who not in self._clients:
            user = self._root if who == "root" else User.objects.get(staff_no=STAFF[who])
            self._clients[who] = Client(raise_request_exception=True)
            self._clients[who].force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return self._clients[who]


def measure(page: Page, visitors: Visitors) -> Figure:
    client = visitors[page.who]
    begun = time.perf_counter()
    answer, queries = _counted(client, page.address)
    first = time.perf_counter() - begun
    if answer.status_code != 200:
        raise SystemExit(f"{page.name}: {answer.status_code} at {page.address}")
    size = len(_content(answer))
    slow = first > SECONDS  # twice must do then
    for _ in range(0 if slow else WARM):
        _content(client.get(page.address))
    took: list[float] = []
    worked: list[float] = []
    until = time.perf_counter() + SECONDS
    while len(took) < (2 if slow else LEAST) or (len(took) < TIMES and time.perf_counter() < until):
        begun, busy = time.perf_counter(), time.process_time()
        _content(client.get(page.address))
        worked.append((time.process_time() - busy) * 1000)
        took.append((time.perf_counter() - begun) * 1000)
    took.sort()
    p95 = took[min(len(took) - 1, round(len(took) * 0.95))]
    p50 = statistics.median(took)
    cpu = statistics.median(worked)
    return Figure(page.name, page.kind, page.beside, queries, p50, p95, cpu, len(took), size)


def _content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def _counted(client: Any, address: str) -> tuple[Any, int]:
    """The answer, and how many queries it took."""
    from django.db import connection

    count = 0

    def wrapper(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrapper):
        answer = client.get(address)
        _content(answer)
    return answer, count


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from hospital.models import User

    rows = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    built: dict[str, Any] = {}
    if not User.objects.filter(staff_no="B00000").exists():
        from bench.build import build

        built = asdict(build(rows=rows))
    visitors, figures = Visitors(), []
    for page in pages():
        if len(sys.argv) > 2 and sys.argv[2] not in page.name:
            continue
        figures.append(measure(page, visitors))
        one = figures[-1]
        words = f"{one.name:40} {one.queries:3} queries {one.p50:8.1f} {one.p95:8.1f} ms"
        words += f" cpu {one.cpu:7.1f} {one.requests:3} times"
        print(words, file=sys.stderr, flush=True)
    figures_plain = [asdict(figure) for figure in figures]
    print(json.dumps({"vendor": connection.vendor, "rows": rows, "built": built, "pages": figures_plain}))


if __name__ == "__main__":
    main()
