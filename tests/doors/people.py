"""Who knocks at the doors, and the little hospital behind them: at least one object in every state that matters."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from correspondents.models import Submission
from correspondents.services import picture_add
from hospital.models import Notification, SignIn, User
from hospital.states import Role
from media_outreach.outlets.services import evidence_add
from plans import services as plans
from plans.defaults import ensure_categories
from plans.models import Category, Plan
from plans.states import Level
from rewards.models import Entry
from rewards.payouts import payout_create, payout_seal
from tests.correspondents.factories import make_draft, make_submitted, moved, picture_bytes
from tests.factories import make_cast, make_department, make_user
from tests.media_outreach.outlets.factories import PDF, make_accepted, make_outlet, make_placement, proof
from tests.plans.factories import add_quota
from tests.rewards.factories import load_scheme
from tests.rewards.factories import make_outlet as make_reward_outlet
from tests.rewards.factories import make_placement as make_rewarded
from toolkit.jobs import start
from toolkit.models import Job, JobState
from toolkit.uploads import UploadedImage

PHONE = "13912345678"
CARD = "6222021234567890128"
NEVER_SUBMITTED = "尚未投出的手记"
IN_REVIEW = "送审中的透析稿"
PRIVATE_NOTICE = "只写给李娜的通知"
IN_2027 = timezone.make_aware(datetime(2027, 1, 10, 9))

GROUPS = {
    "office": ("editor", "second_editor", "chief"),
    "writers": ("writer", "other_writer"),
    "heads": ("head", "other_head"),
    "leaders": ("leader", "other_leader"),
}


@dataclass
class World:
    """`people` by name; `places`: what an object's name means in an address; `files`: where things really lie."""

    people: dict[str, User]
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    rows: dict[str, Any] = field(default_factory=dict)


def build() -> World:
    cast = make_cast()
    ensure_categories()
    people = cast.everybody()
    people.setdefault("security", make_user("0901", "安全员", Role.SECURITY))
    people["plain"] = make_user("0999", "无角色")
    writer = people["writer"]
    writer.phone, writer.bank_card = PHONE, CARD
    writer.save()
    world = World(people)
    world.places["nothing"] = {}
    _plans(world, cast)
    _drafts(world, cast)
    _placements(world, cast)
    _rewards(world, cast)
    _odds(world, cast)
    _admin_places(world, cast)
    # The next request loads people anew; what they remember of themselves may be old.
    world.people = {name: User.objects.get(pk=person.pk) for name, person in people.items()}
    return world


def _plans(world: World, cast: Any) -> None:
    def plan(year: int, *moves: tuple[str, User]) -> Plan:
        made = plans.plan_create(year=year, actor=cast.editor)
        add_quota(made, cast.nursing, "info", 12)
        for action, actor in moves:
            made = plans.plan_move(plan=made, action=action, actor=actor)
        return made

    in_force = plan(2026, ("submit", cast.editor), ("approve", cast.leader))
    submitted, draft = plan(2027, ("submit", cast.editor)), plan(2028)
    for name, made in (("plan_in_force", in_force), ("plan_submitted", submitted), ("plan_draft", draft)):
        world.places[name] = {"pk": made.pk}
        world.places[name + "_1"] = {"pk": made.pk, "number": 1}
    logged = Category.objects.filter(counts="logged").first()
    assert logged is not None
    (piece,) = plans.delivery_log(
        category=logged, department=cast.nursing, happened_on=date(2026, 3, 1), title="一条微博",
        count=1, form_key=500, actor=cast.editor,
    )  # fmt: skip
    world.places["piece"] = {"pk": piece.pk}
    table = "科室,任务,目标数\n护理部,信息,12\n".encode()
    from plans.imports import quota_import_open_bytes

    opened = quota_import_open_bytes(plan=draft, name="任务.csv", content=table, actor=cast.editor)
    world.places["import"] = {"pk": opened.pk}
    world.rows |= {"quota": in_force.quotas.get(), "category": logged}


def _drafts(world: World, cast: Any) -> None:
    own = make_draft(cast, title=NEVER_SUBMITTED)
    picture = picture_add(
        submission=own, image=UploadedImage(ContentFile(picture_bytes()), max_side=2000), caption="",
        actor=cast.writer,
    )  # fmt: skip
    at_head = make_submitted(cast, title=IN_REVIEW)
    at_editor = moved(make_submitted(cast, title="走到编辑的稿件"), "pass", cast.head)
    returned = moved(make_submitted(cast, title="退回来的稿件"), "return", cast.head, "请补充数字")
    accepted = make_accepted(cast)
    for name, draft in (
        ("own_draft", own), ("at_head", at_head), ("at_editor", at_editor),
        ("returned", returned), ("accepted", accepted),
    ):  # fmt: skip
        world.places[name] = {"pk": draft.pk}
        world.places[name + "_key"] = {"form_key": draft.form_key}
    world.places["new_key"] = {"form_key": uuid.uuid4()}
    world.places["picture"] = {"pk": own.pk, "key": picture.key, "extension": "jpg"}
    world.places["picture_elsewhere"] = {"pk": at_head.pk, "key": picture.key, "extension": "jpg"}
    world.places["picture_html"] = {"pk": own.pk, "key": picture.key, "extension": "html"}
    world.files.append(picture.image.name)
    world.rows |= {"own_draft": own, "at_head": at_head, "at_editor": at_editor}


def _placements(world: World, cast: Any) -> None:
    outlet, unused = make_outlet(), make_outlet("从未刊用的媒体")
    placement = make_placement(
        cast, outlet=outlet, submission=Submission.objects.get(**world.places["accepted"])
    )
    scan = evidence_add(placement=placement, proof=proof(), actor=cast.editor)
    paper = evidence_add(placement=placement, proof=proof("报样.pdf", PDF), actor=cast.editor)
    world.places |= {
        "logged": {"pk": placement.pk}, "scan": {"key": scan.key}, "paper": {"key": paper.key},
        "outlet": {"pk": outlet.pk}, "unused_outlet": {"pk": unused.pk},
    }  # fmt: skip
    world.files += [scan.file.name, paper.file.name]
    world.rows |= {"outlet": outlet}


def _rewards(world: World, cast: Any) -> None:
    version = load_scheme()
    make_rewarded(cast.writer, on=date(2026, 1, 8))
    make_rewarded(cast.other_writer, outlet=make_reward_outlet(Level.PROVINCE), on=date(2026, 1, 9))
    sealed = payout_create(ym_from=202601, ym_to=202606, actor=cast.chief, at=IN_2027)
    sealed = payout_seal(payout=sealed, actor=cast.chief, at=IN_2027)
    make_rewarded(cast.writer, on=date(2026, 7, 1))
    draft = payout_create(ym_from=202607, ym_to=202612, actor=cast.chief, at=IN_2027)
    entry = Entry.objects.filter(person=cast.writer, amount_fen__gt=0).order_by("pk").first()
    assert entry is not None
    world.places |= {
        "sealed": {"pk": sealed.pk}, "unsealed": {"pk": draft.pk}, "entry": {"pk": entry.pk},
    }  # fmt: skip
    world.files.append(sealed.workbook.file.name)
    world.rows |= {"version": version}


def _odds(world: World, cast: Any) -> None:
    notice = Notification.objects.create(key="doors", recipient=cast.writer, title=PRIVATE_NOTICE)
    world.places["notice"] = {"pk": notice.pk}
    for name, kind, owner in (
        ("own_job", "anything", cast.writer),
        ("appraisal_job", "appraisal", cast.editor),
    ):
        job = start(kind=kind, owner=owner, params={"year": 2026})
        job.file.save("x.xlsx", ContentFile(b"PK-not-really"), save=False)
        job.state, job.file_name = JobState.DONE, "结果.xlsx"
        job.save()
        world.places[name] = {"pk": job.pk}
        world.files.append(job.file.name)
    waiting = start(kind="appraisal", owner=cast.editor, params={"year": 2025})
    world.places["waiting_job"] = {"pk": waiting.pk}
    world.places["no_job"] = {"pk": uuid.uuid4()}
    elsewhere = SignIn.objects.create(user=cast.writer, session_key="a" * 32)
    world.places |= {
        "sign_in": {"pk": elsewhere.pk},
        "writer_person": {"pk": cast.writer.pk},
        "no_number": {"pk": 99_999_999},
    }
    assert Job.objects.exists()


def _admin_places(world: World, cast: Any) -> None:
    from django.contrib.auth.models import Group
    from django.contrib.contenttypes.models import ContentType

    from correspondents.models import Appointment

    appointment = Appointment.objects.create(
        person=cast.writer, department=cast.nursing, starts_on=date(2026, 1, 1)
    )
    rows = {
        "quota": world.rows["quota"], "category": world.rows["category"], "version": world.rows["version"],
        "appointment": appointment, "writer_user": cast.writer, "group": Group.objects.create(name="组"),
        "department": make_department("KS", "空科室"),
    }  # fmt: skip
    world.places |= {name: {"object_id": row.pk} for name, row in rows.items()}
    world.places |= {
        "view_on_site": {
            "content_type_id": ContentType.objects.get_for_model(User).pk, "object_id": cast.writer.pk,
        },
        "app_plans": {"app_label": "plans"},
        "app_hospital": {"app_label": "hospital"},
        "autocomplete": {},
        "nowhere": {},
        "no_key": {"key": uuid.uuid4()},
    }  # fmt: skip
