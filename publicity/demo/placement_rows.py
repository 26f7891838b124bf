"""Where accepted pieces ran: outlets, placements with credits and proof, what they count for, and Weibo posts."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from django.core.files.base import ContentFile

from correspondents.models import Submission
from hospital.models import Department, User
from media_outreach.outlets.models import Credit, Evidence, Outlet, Placement
from media_outreach.outlets.states import PlacementState
from plans.models import Category, Delivery, QuotaItem
from plans.states import Counts, Medium, SourceKind
from publicity.demo import pictures
from publicity.demo.histories import LOCAL, Piece
from publicity.demo.people import CHIEF, EDITORS, OFFICE, TEXTS
from publicity.demo.people_rows import Staff
from publicity.demo.trail import Trail, created_at_its_time
from toolkit.months import add_months, first_day, last_day, ym_of

# How likely an accepted piece runs where, by who wrote it.
Chances = dict[str, float]
PARTY_OFFICE: Chances = {
    "house_site": 0.5,
    "house_wechat": 0.2,
    "bureau_health": 0.12,
    "house_magazine": 0.15,
}
# The Party office has quotas for newspapers and television: its pieces take turns, so that every year comes near them.
PAPERS = (
    "city_paper",
    "county_paper",
    "city_paper",
    "",
    "city_paper",
    "province_paper",
    "",
    "city_paper",
    "county_paper",
    "",
)
TELEVISION = ("county_tv", "", "county_tv", "county_tv", "")
PUBLICITY_OFFICE: Chances = {
    "city_paper": 0.6, "province_site": 0.3, "province_paper": 0.2, "nation_site": 0.15, "city_tv": 0.3,
    "house_site": 0.7, "house_wechat": 0.4, "county_wechat": 0.3, "province_tv": 0.1,
}  # fmt: skip
SCIENCE: Chances = {
    "house_wechat": 0.55, "county_wechat": 0.14, "house_site": 0.15, "province_site": 0.06, "nation_site": 0.04,
    "city_wechat": 0.08, "house_magazine": 0.06,
}  # fmt: skip
NEWS: Chances = {
    "house_site": 0.5, "house_wechat": 0.28, "county_tv": 0.12, "city_paper": 0.17, "county_paper": 0.08,
    "city_tv": 0.05, "province_site": 0.06, "nation_paper": 0.03, "county_wechat": 0.12, "house_magazine": 0.06,
}  # fmt: skip
BRIEFINGS: Chances = {"bureau_health": 0.4, "bureau_women": 0.12}

SECTIONS = ("第2版", "第3版", "第4版 健康周刊", "第5版", "第7版 基层")
PROGRAMMES = ("《新闻联播》", "《健康时间》", "《民生直通车》")
VOID_REASONS = ("与前一条为同一报道，重复登记", "经核对为转载，原刊并未采用", "链接已失效且无样报")
STILL_OPEN = timedelta(days=5)
POSTS = ("转发健康科普：{}", "今日医院动态：{}", "图说现场：{}", "温馨提示：{}")


@dataclass
class Planned:
    """A placement row with its people and, where it was printed or broadcast, its proof."""

    row: Placement
    times: dict[str, datetime]
    authors: list[User]
    proof: pictures.Drawn | None = None
    void_at: datetime | None = None


@dataclass
class Placements:
    rng: random.Random
    staff: Staff
    trail: Trail
    now: datetime
    outlets: dict[str, Outlet] = field(default_factory=dict)
    hosts: dict[str, str] = field(default_factory=dict)
    turns: Iterator[int] = field(default_factory=count)
    _number: int = 10260

    def make(self, drafts: list[tuple[Piece, Submission]]) -> list[Placement]:
        self._make_outlets()
        planned = [
            self._plan(piece, row, key, accepted.at)
            for piece, row in drafts
            if (accepted := piece.last("accept"))
            for key in self._where(piece, row)
        ]
        planned.sort(key=lambda one: one.times["logged_at"])
        rows = created_at_its_time(Placement, [(one.row, one.times) for one in planned])
        self._credit_and_prove(planned)
        self._count(planned)
        for one in planned:
            self._tell(one)
        self._weibo(drafts)
        return rows

    def _make_outlets(self) -> None:
        with (TEXTS / "outlets.csv").open(encoding="utf-8", newline="") as file:
            for line in csv.DictReader(file):
                self.hosts[line["key"]] = line["host"]
                self.outlets[line["key"]] = Outlet.objects.create(
                    name=line["name"],
                    level=line["level"],
                    medium=line["medium"],
                    is_owned=line["owned"] == "1",
                    url=f"https://{line['host']}/" if line["host"] else "",
                )

    def _where(self, piece: Piece, row: Submission) -> Iterator[str]:
        chances = dict(SCIENCE if piece.is_science else NEWS)
        if piece.department == OFFICE:
            chances = dict(PUBLICITY_OFFICE)
        elif piece.department == "党办":
            chances = PARTY_OFFICE | self._turn()
        if row.genre in ("info", "brief"):
            chances |= BRIEFINGS
        return (key for key, chance in chances.items() if self.rng.random() < chance)

    def _turn(self) -> Chances:
        turn = next(self.turns)
        chosen = (PAPERS[turn % len(PAPERS)], TELEVISION[turn % len(TELEVISION)])
        return {key: 1.0 for key in chosen if key}

    def _plan(self, piece: Piece, row: Submission, key: str, accepted_at: datetime) -> Planned:
        outlet = self.outlets[key]
        day = self._day(accepted_at)
        logger, verifier = self.rng.sample([*EDITORS, CHIEF], 2)
        placement = Placement(
            submission=row,
            outlet=outlet,
            headline=row.title,
            department=row.department,
            genre=row.genre,
            published_on=day,
            ym=ym_of(day),
            page=self._page(outlet),
            url=self._link(key, day),
            is_paid=key == "city_paper" and self.rng.random() < 0.05,
            logged_by=self.staff.people[logger.staff_no],
        )
        logged_at = self._after(datetime.combine(day, time(10), LOCAL), accepted_at)
        people = [self.staff.people[number] for number in piece.authors]
        one = Planned(placement, {"logged_at": logged_at}, people)
        if outlet.medium in (Medium.NEWSPAPER, Medium.TELEVISION, Medium.BRIEFING, Medium.MAGAZINE):
            one.proof = pictures.scanned_page(self.rng)
        self._decide(one, self.staff.people[verifier.staff_no])
        return one

    def _day(self, accepted: datetime) -> date:
        """Own channels and sites publish within days, others sometimes take a fortnight."""
        local = accepted.astimezone(LOCAL).date()
        return min(local + timedelta(days=self.rng.choice((0, 0, 1, 1, 2, 3, 5, 8))), self.now.date())

    def _page(self, outlet: Outlet) -> str:
        pages = {Medium.NEWSPAPER: SECTIONS, Medium.TELEVISION: PROGRAMMES}
        if outlet.medium in pages:
            return self.rng.choice(pages[Medium(outlet.medium)])
        if outlet.medium in (Medium.BRIEFING, Medium.MAGAZINE):
            return f"第{self.rng.randint(1, 24)}期"
        return ""

    def _link(self, key: str, day: date) -> str:
        self._number += self.rng.randint(3, 40)
        return f"https://{self.hosts[key]}/{day:%Y%m/%d}/c{self._number}.html" if self.hosts[key] else ""

    def _after(self, moment: datetime, least: datetime) -> datetime:
        """One to three days later, in the morning, but not in the future."""
        later = moment + timedelta(days=self.rng.choice((0, 1, 1, 2, 3)), minutes=self.rng.randint(0, 360))
        return max(min(later, self.now - timedelta(minutes=self.rng.randint(5, 90))), least)

    def _decide(self, one: Planned, verifier: User) -> None:
        """Most are verified within days; those of the last days wait, some of them without a proof yet."""
        row, logged_at = one.row, one.times["logged_at"]
        if self.now - logged_at < STILL_OPEN and self.rng.random() < 0.8:
            one.proof = one.proof if self.rng.random() < 0.6 else None
            return
        verified_at = min(logged_at + timedelta(hours=self.rng.randint(2, 60)), self.now)
        row.state = PlacementState.VERIFIED
        row.verified_by, row.verified_at = verifier, verified_at
        if self.rng.random() < 0.015:
            row.state, row.void_reason = PlacementState.VOID, self.rng.choice(VOID_REASONS)
            row.verified_by, row.verified_at = None, None
            one.void_at = verified_at

    def _credit_and_prove(self, planned: list[Planned]) -> None:
        Credit.objects.bulk_create(
            Credit(placement=one.row, person=person, department=person.department, order=order)
            for one in planned
            for order, person in enumerate(one.authors, 1)
        )
        rows = []
        for one in planned:
            if one.proof is None:
                continue
            evidence = Evidence(
                placement=one.row,
                name=f"样报{one.row.published_on:%Y%m%d}.jpg",
                content_type="image/jpeg",
                size=len(one.proof.content),
                sha256=one.proof.sha256,
                uploaded_by=one.row.logged_by,
            )
            evidence.file.save("proof.jpg", ContentFile(one.proof.content), save=False)
            rows.append((evidence, {"uploaded_at": one.times["logged_at"]}))
        created_at_its_time(Evidence, rows)

    def _count(self, planned: list[Planned]) -> None:
        """A delivery of every category a verified placement counts for, in the month it was published."""
        categories = list(Category.objects.active().filter(counts=Counts.PLACED))
        parts = list(
            QuotaItem.objects.filter(parent__isnull=False, category__in=categories).select_related("plan")
        )
        rows: list[tuple[Delivery, dict[str, datetime]]] = []
        for one in planned:
            row = one.row
            if row.state != PlacementState.VERIFIED or row.verified_at is None:
                continue
            for category in categories:
                if category.counts_placement_at(level=row.outlet.level, medium=row.outlet.medium):
                    delivery = self._delivery(
                        row.department, category, row.published_on, row.headline, SourceKind.PLACEMENT, row.pk
                    )
                    delivery.person, delivery.recorded_by = one.authors[0], row.verified_by
                    delivery.part = _part_for(parts, row, category)
                    rows.append((delivery, {"recorded_at": row.verified_at}))
        created_at_its_time(Delivery, rows)

    def _delivery(
        self, department: Department, category: Category, day: date, title: str, kind: SourceKind, number: int
    ) -> Delivery:
        return Delivery(
            ym=ym_of(day),
            happened_on=day,
            department=department,
            category=category,
            title=title,
            source_kind=kind,
            source_id=number,
        )

    def _tell(self, one: Planned) -> None:
        row, logged_at = one.row, one.times["logged_at"]
        day: dict[str, list[Any]] = {"published_on": [None, row.published_on]}
        self.trail.record(logged_at, row.logged_by, "log", row, changes=day)
        states = {"state": [PlacementState.LOGGED.value, row.state]}
        if one.void_at is not None:
            chief = self.staff.people[CHIEF.staff_no]
            self.trail.record(one.void_at, chief, "void", row, note=row.void_reason, changes=states)
        elif row.verified_at is not None:
            self.trail.record(row.verified_at, row.verified_by, "verify", row, changes=states)

    def _weibo(self, drafts: list[tuple[Piece, Submission]]) -> None:
        """Posts of the account the Party office keeps: eight to thirteen a month, put down by an editor."""
        category, department = Category.objects.get(code="weibo"), self.staff.departments["党办"]
        titles = [row.title for piece, row in drafts if piece.last("accept")]
        ym, rows = (self.now.year - 1) * 100 + 1, []
        while first_day(ym) <= self.now.date():
            for _post in range(self.rng.randint(8, 13)):
                day = first_day(ym) + timedelta(days=self.rng.randint(0, (last_day(ym) - first_day(ym)).days))
                title = self.rng.choice(POSTS).format(self.rng.choice(titles))
                post = self._delivery(
                    department, category, day, title, SourceKind.MANUAL, self.rng.getrandbits(61)
                )
                post.recorded_by = self.staff.people[self.rng.choice(EDITORS).staff_no]
                if day <= self.now.date():
                    at = min(datetime.combine(day, time(16, 30), LOCAL), self.now)
                    rows.append((post, {"recorded_at": at}))
            ym = add_months(ym, 1)
        created_at_its_time(Delivery, rows)


def _part_for(parts: list[QuotaItem], row: Placement, category: Category) -> QuotaItem | None:
    """On television a feature is 专题 and everything else 新闻, where the quota tells them apart."""
    wanted = "专题" if row.genre == "feature" else "新闻"
    for part in parts:
        same = (part.plan.year, part.department_id, part.category_id) == (
            row.published_on.year,
            row.department_id,
            category.pk,
        )
        if same and part.label == wanted:
            return part
    return None
