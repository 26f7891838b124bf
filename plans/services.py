"""Writes of the plans layer: the plan and its approval, and what counts against its quotas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from hospital.models import Department, User
from hospital.selectors import leaders, office_people
from hospital.services import notify
from plans.models import Category, Delivery, Plan, PlanApproval, PlanRevision, PlanSection, QuotaItem
from plans.revisions import digest, freeze
from plans.states import OPEN_STATES, PLAN_MOVES, Counts, PlanState, SourceKind, Verdict
from toolkit import audit
from toolkit.months import ym_of
from toolkit.moves import MoveRefused

MOST_LOGGED_AT_ONCE = 50


class StaleVersion(ValidationError):
    """The plan was saved elsewhere since this form was opened."""


@dataclass(frozen=True)
class SectionText:
    heading: str
    body: str = ""


# --- writing a plan ----------------------------------------------------------------------------------------------


@transaction.atomic
def plan_create(*, year: int, actor: User, title: str = "", based_on: Plan | None = None) -> Plan:
    """A draft with the usual sections, or with the text and quotas of `based_on`. Refuses a second plan of a year."""
    if Plan.objects.filter(year=year).exclude(state=PlanState.ARCHIVED).exists():
        raise ValidationError(
            _("There is a plan for %(year)s already. Open it, or amend the one in force.") % {"year": year}
        )
    plan: Plan = Plan.objects.create(
        year=year,
        title=title or _("Publicity work plan of %(year)s") % {"year": year},
        guiding_idea=based_on.guiding_idea if based_on else "",
        created_by=actor,
    )
    if based_on is None:
        _write_sections(plan, [SectionText(heading) for heading in usual_sections()])
    else:
        _copy_contents(based_on, plan)
    audit.record(actor=actor, action="plan_create", obj=plan)
    return plan


def usual_sections() -> list[str]:
    return [
        _("Objectives"),
        _("Main tasks"),
        _("Schedule"),
        _("Safeguards"),
        _("Appraisal and rewards"),
    ]


@transaction.atomic
def plan_amend(*, plan: Plan, actor: User) -> Plan:
    """A draft copy of the plan in force, which goes on ruling until a leader approves the copy."""
    if plan.state != PlanState.APPROVED:
        raise ValidationError(_("Only a plan in force can be amended."))
    waiting = Plan.objects.filter(year=plan.year, state__in=[*OPEN_STATES, PlanState.SUBMITTED]).first()
    if waiting is not None:
        raise ValidationError(_("An amendment is being written already. Please go on with that one."))
    copy: Plan = Plan.objects.create(
        year=plan.year,
        title=plan.title,
        number=plan.number,
        guiding_idea=plan.guiding_idea,
        amends=plan,
        created_by=actor,
    )
    _copy_contents(plan, copy)
    audit.record(actor=actor, action="plan_amend", obj=copy)
    return copy


@transaction.atomic
def plan_save(
    *, plan: Plan, version: int, fields: Mapping[str, Any], sections: Sequence[SectionText], actor: User
) -> Plan:
    """Save title, number, guiding idea and all sections. Raises StaleVersion when another save came between."""
    saved = Plan.objects.filter(pk=plan.pk, version=version, state__in=OPEN_STATES).update(
        **fields, version=F("version") + 1, updated_at=timezone.now()
    )
    if not saved:
        raise StaleVersion(
            _(
                "The plan was changed elsewhere after you opened it. Your text is still in the form below: copy "
                "what you need, then open the plan again."
            )
        )
    plan.refresh_from_db()
    # QuerySet.update doesn't pass through the field's cleaning; this save does.
    plan.save(update_fields=["guiding_idea"])
    _write_sections(plan, sections)
    audit.record(actor=actor, action="plan_save", obj=plan, changes={"version": [version, plan.version]})
    return plan


def _write_sections(plan: Plan, sections: Iterable[SectionText]) -> None:
    plan.sections.all().delete()
    PlanSection.objects.bulk_create(
        PlanSection(plan=plan, order=order, heading=section.heading, body=section.body)
        for order, section in enumerate(sections, 1)
    )


def _copy_contents(source: Plan, target: Plan) -> None:
    _write_sections(target, [SectionText(x.heading, x.body) for x in source.sections.all()])
    copies: dict[int, QuotaItem] = {}
    for quota in source.quotas.order_by(F("parent").asc(nulls_first=True), "order", "pk"):
        parent = copies[quota.parent_id] if quota.parent_id else None
        copies[quota.pk] = QuotaItem.objects.create(
            plan=target,
            parent=parent,
            **{name: getattr(quota, name) for name in COPIED_QUOTA_FIELDS},
        )


COPIED_QUOTA_FIELDS = (
    "department_id", "category_id", "label", "target", "period", "responsible", "note", "source_text", "order",
)  # fmt: skip


# --- submitting and deciding ---------------------------------------------------------------------------------------


@transaction.atomic
def plan_move(
    *,
    plan: Plan,
    action: str,
    actor: User,
    note: str = "",
    revision: int | None = None,
    at: datetime | None = None,
) -> Plan:
    """`submit` freezes a revision; `approve` puts it in force and archives the plan it amends; `return` needs a note.

    `revision` is the number the leader has read: a newer one must be read first. Raises MoveRefused or MoveLost.
    """
    moment = at or timezone.now()
    # Locks the year's plans, so that archiving the old and approving the new can't cross another approval.
    list(Plan.objects.select_for_update().filter(year=plan.year).order_by("pk"))
    plan.refresh_from_db(fields=["state"])
    if action == "submit":
        _submit(plan, actor, note, moment)
    elif action in ("approve", "return"):
        _decide(plan, action, actor, note, revision, moment)
    else:
        raise MoveRefused(_("There is no such action."), code="unknown")
    return plan


def _submit(plan: Plan, actor: User, note: str, at: datetime) -> None:
    if plan.is_open and not plan.quotas.exists():
        raise MoveRefused(_("Please attach the quota table before you submit the plan."), code="incomplete")
    PLAN_MOVES.perform(obj=plan, action="submit", actor=actor, note=note, changes={"submitted_at": at})
    body = freeze(plan)
    newest = plan.revisions.order_by("-number").first()
    revision = PlanRevision.objects.create(
        plan=plan,
        number=newest.number + 1 if newest else 1,
        body=body,
        sha256=digest(body),
        submitted_by=actor,
        submitted_at=at,
    )
    for leader in leaders():
        notify(
            key=f"plan:{plan.pk}:{revision.number}:submitted:{leader.pk}",
            recipient=leader,
            title=_("%(plan)s awaits your approval") % {"plan": plan.title},
            body=_("%(who)s submitted revision %(number)s.") % {"who": actor.name, "number": revision.number},
            url=reverse("admin:plans_plan_change", args=[plan.pk]),
        )


def _decide(plan: Plan, action: str, actor: User, note: str, read: int | None, at: datetime) -> None:
    revision = plan.revisions.order_by("-number").first()
    if read is not None and revision is not None and revision.number != read:
        raise MoveRefused(
            _("Revision %(number)s was submitted in the meantime. Please read it before you decide.")
            % {"number": revision.number},
            code="stale",
        )
    if action == "approve" and plan.state == PlanState.SUBMITTED:
        for old in Plan.objects.in_force().filter(year=plan.year):
            PLAN_MOVES.perform(obj=old, action="archive", actor=actor)
    changes = {"approved_at": at} if action == "approve" else {}
    PLAN_MOVES.perform(obj=plan, action=action, actor=actor, note=note, changes=changes)
    if revision is not None:
        PlanApproval.objects.create(
            revision=revision,
            actor=actor,
            verdict=Verdict.APPROVE if action == "approve" else Verdict.RETURN,
            note=note,
            at=at,
        )
    _tell_of_decision(plan, action, actor, note, revision.number if revision else 0)


def _tell_of_decision(plan: Plan, action: str, actor: User, note: str, number: int) -> None:
    url = reverse("plans:detail", args=[plan.pk])
    approved = action == "approve"
    title = _("%(plan)s was approved") if approved else _("%(plan)s was returned for changes")
    for person in office_people():
        notify(
            key=f"plan:{plan.pk}:{number}:{action}:{person.pk}",
            recipient=person,
            title=title % {"plan": plan.title},
            body=_("%(who)s: %(note)s") % {"who": actor.name, "note": note} if note else actor.name,
            url=url,
        )
    if approved:
        _tell_heads(plan)


def _tell_heads(plan: Plan) -> None:
    """Every head gets the department's own new targets."""
    targets: dict[Department, list[str]] = {}
    for quota in plan.quotas.top().select_related("department__head", "category"):
        targets.setdefault(quota.department, []).append(describe_quota(quota))
    for department, lines in targets.items():
        head = department.head
        if head is not None and head.is_active:
            notify(
                key=f"plan:{plan.pk}:targets:{department.pk}:{head.pk}",
                recipient=head,
                title=_("New targets of %(year)s for %(department)s")
                % {"year": plan.year, "department": department.name},
                body="；".join(lines),
                url=f"{reverse('plans:matrix')}?year={plan.year}",
            )


def describe_quota(quota: QuotaItem) -> str:
    """信息 22 篇, 微博 10 条每月."""
    words = _("%(category)s %(target)s %(unit)s")
    if quota.period == "month":
        words = _("%(category)s %(target)s %(unit)s each month")
    return words % {
        "category": quota.label or quota.category.name,
        "target": quota.target,
        "unit": quota.category.unit,
    }


# --- what counts --------------------------------------------------------------------------------------------------


@transaction.atomic
def record_delivery(
    *,
    category: Category,
    department: Department,
    person: User | None,
    happened_on: date,
    title: str,
    source_kind: str,
    source_id: int | None,
    part: QuotaItem | None = None,
    actor: User | None,
) -> Delivery:
    """Count one piece. The same source counts once per category: a second call returns the row that is there."""
    try:
        with transaction.atomic():
            delivery: Delivery = Delivery.objects.create(
                ym=ym_of(happened_on),
                happened_on=happened_on,
                department=department,
                person=person,
                category=category,
                part=part,
                title=title[:200],
                source_kind=source_kind,
                source_id=source_id,
                recorded_by=actor,
            )
    except IntegrityError:
        there = Delivery.objects.live().filter(
            source_kind=source_kind, source_id=source_id, category=category
        )
        found: Delivery | None = there.first()
        if found is None:
            raise
        return found
    audit.record(actor=actor, action="delivery_record", obj=delivery, note=category.name)
    return delivery


@transaction.atomic
def reverse_delivery(*, source_kind: str, source_id: int, actor: User | None, note: str) -> int:
    """Take back whatever this source counted for. Returns how many rows stopped counting; 0 the second time."""
    live = Delivery.objects.live().filter(source_kind=source_kind, source_id=source_id)
    return sum(_take_back(delivery, actor, note) for delivery in live)


@transaction.atomic
def delivery_take_back(*, delivery: Delivery, actor: User, note: str) -> None:
    """Take back one piece the office logged by hand. Raises ValidationError with a sentence."""
    if delivery.source_kind != SourceKind.MANUAL:
        raise ValidationError(_("This one counts because of its draft or placement; change it there."))
    if not note.strip():
        raise ValidationError(_("Please write why it is taken back."))
    if not _take_back(delivery, actor, note):
        raise ValidationError(_("It was taken back already."))


def _take_back(delivery: Delivery, actor: User | None, note: str) -> bool:
    # Whoever ends its life writes the reversing row; the second finds nothing to end.
    if not Delivery.objects.filter(pk=delivery.pk, is_live=True).update(is_live=False):
        return False
    fields = ("ym", "happened_on", "department_id", "person_id", "category_id", "part_id", "title")
    Delivery.objects.create(
        **{name: getattr(delivery, name) for name in fields},
        source_kind=delivery.source_kind,
        source_id=delivery.source_id,
        is_live=False,
        reverses=delivery,
        recorded_by=actor,
    )
    audit.record(actor=actor, action="delivery_reverse", obj=delivery, note=note)
    return True


@transaction.atomic
def delivery_log(
    *,
    category: Category,
    department: Department,
    happened_on: date,
    title: str,
    count: int,
    form_key: int,
    actor: User,
    part: QuotaItem | None = None,
) -> list[Delivery]:
    """Count what only the office knows of (posts on an account). A form posted twice counts once.

    `form_key` is a random number of the form, below 2**62; the pieces take the numbers after it as their source.
    """
    if category.counts != Counts.LOGGED:
        raise ValidationError(
            _("%(category)s counts by itself; it can't be logged.") % {"category": category.name}
        )
    if not 1 <= count <= MOST_LOGGED_AT_ONCE:
        raise ValidationError(
            _("Please log between 1 and %(most)s pieces at a time.") % {"most": MOST_LOGGED_AT_ONCE}
        )
    return [
        record_delivery(
            category=category,
            department=department,
            person=None,
            happened_on=happened_on,
            title=title,
            source_kind=SourceKind.MANUAL,
            source_id=form_key + number,
            part=part,
            actor=actor,
        )
        for number in range(count)
    ]
