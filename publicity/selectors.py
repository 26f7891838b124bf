"""What the first pages show. Each function is a fixed number of queries, whatever the hospital's size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from correspondents.models import Submission
from correspondents.selectors import last_word, review_queue
from correspondents.states import SubmissionState
from hospital.models import User
from hospital.permissions import is_chief, is_leader, is_office
from media_outreach.outlets.selectors import verify_queue
from plans.models import Plan
from plans.states import PlanState
from publicity import schedule
from rewards.models import Entry, Payout
from rewards.states import EntryKind, PayoutState
from toolkit.models import OutboxMessage
from toolkit.moments import spoken

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

SHOWN = 4
MANY = 99
LONG_WAIT = timedelta(days=2)


@dataclass(frozen=True)
class Todo:
    """One line of “what needs doing”: what, who or when, and where a click leads."""

    title: str
    note: _StrOrPromise
    url: str
    icon: str
    tone: str = "warn"


@dataclass(frozen=True)
class Coming:
    day: date
    title: str
    note: str


@dataclass(frozen=True)
class Waiting:
    """The review queue in one line: how many (up to 99) and since when the first waits."""

    count: int
    since: datetime | None


@dataclass(frozen=True)
class RewardYear:
    """A year's ledger, in fen: what is due, what is deducted, and how many entries no batch has paid."""

    reward_fen: int
    deduction_fen: int
    unsealed: int


def waiting_for(user: User) -> Waiting:
    moments = list(review_queue(user).values_list("submitted_at", flat=True)[: MANY + 1])
    return Waiting(count=len(moments), since=moments[0] if moments else None)


def reward_year(*, year: int, user: User) -> RewardYear:
    """A reversal is counted with what it reverses."""
    rows = Entry.objects.visible_to(user).of_year(year)
    deduction = Q(kind=EntryKind.DEDUCTION) | Q(reverses__kind=EntryKind.DEDUCTION)
    sums = rows.aggregate(
        reward=Sum("amount_fen", filter=~deduction, default=0),
        deduction=Sum("amount_fen", filter=deduction, default=0),
        unsealed=Count("pk", filter=Q(payout_link=None)),
    )
    return RewardYear(sums["reward"], sums["deduction"], sums["unsealed"])


def todos(user: User) -> list[Todo]:
    """What needs this person, the oldest of each kind first."""
    found = [*_reviews(user)]
    if is_office.test(user):
        found += [*_verifications(user), *_plans(user), *_batches(user), *_undelivered()]
    elif is_leader.test(user):
        found += _approvals()
    return found


def _reviews(user: User) -> list[Todo]:
    return [_review(draft, since=draft.submitted_at or draft.updated_at) for draft in _longest_waiting(user)]


def _longest_waiting(user: User) -> list[Submission]:
    return list(review_queue(user).select_related("department")[:SHOWN])


def _review(draft: Submission, *, since: datetime) -> Todo:
    return Todo(
        title=f"{draft.department}：{draft}",
        note=_("%(stage)s · waiting since %(when)s")
        % {"stage": draft.get_stage_display(), "when": spoken(since)},
        url=reverse("drafts:review", args=[draft.pk]),
        icon="pencil",
        tone="bad" if timezone.now() - since > LONG_WAIT else "warn",
    )


def _verifications(user: User) -> list[Todo]:
    rows = [placement for placement in verify_queue(user=user) if placement.logged_by_id != user.pk][:SHOWN]
    return [
        Todo(
            title=placement.headline,
            note=_("Placement to verify · %(outlet)s") % {"outlet": placement.outlet},
            url=reverse("outlets:detail", args=[placement.pk]),
            icon="newspaper",
        )
        for placement in rows
    ]


def _plans(user: User) -> list[Todo]:
    rows = Plan.objects.filter(state__in=[PlanState.DRAFT, PlanState.RETURNED])[:SHOWN]
    words = {
        PlanState.DRAFT: _("Still a draft, not yet submitted"),
        PlanState.RETURNED: _("Returned by the leader"),
    }
    return [
        Todo(
            plan.title,
            words[PlanState(plan.state)],
            reverse("plans:detail", args=[plan.pk]),
            "clipboard-check",
        )
        for plan in rows
    ]


def _approvals() -> list[Todo]:
    rows = Plan.objects.awaiting_approval()[:SHOWN]
    return [
        Todo(
            title=plan.title,
            note=_("Waits for your approval since %(when)s")
            % {"when": spoken(plan.submitted_at or plan.updated_at)},
            url=reverse("admin:plans_plan_change", args=[plan.pk]),
            icon="clipboard-check",
        )
        for plan in rows
    ]


def _batches(user: User) -> list[Todo]:
    if not is_chief.test(user):
        return []
    rows = Payout.objects.filter(state=PayoutState.DRAFT)[:SHOWN]
    return [
        Todo(
            payout.title,
            _("Payout to be checked and sealed"),
            reverse("rewards:payout", args=[payout.pk]),
            "cash-coin",
        )
        for payout in rows
    ]


def _undelivered() -> list[Todo]:
    count = len(OutboxMessage.objects.failed().values("pk")[: MANY + 1])
    if not count:
        return []
    title = ngettext("%(count)s message could not be sent", "%(count)s messages could not be sent", count)
    return [
        Todo(
            title % {"count": count},
            _("Ask the administrator to check the mail settings"),
            reverse("dashboard"),
            "envelope",
            "bad",
        )
    ]


def coming(*, at: datetime | None = None, days: int = 40) -> list[Coming]:
    """What the calendar brings next by itself."""
    today = timezone.localdate(at)
    reminder = _next_day(today, schedule.REMINDER_DAY)
    appraisal = date(today.year, schedule.APPRAISAL_MONTH, schedule.APPRAISAL_DAY)
    rows = [
        Coming(
            reminder, _("Monthly quota reminder"), _("Departments behind their pace are told by themselves")
        ),
        Coming(appraisal, _("Year-end appraisal workbook"), _("Made by itself, for the chief to check")),
        Coming(
            date(today.year, 12, 31),
            _("Last day of the plan year"),
            _("Pieces published after it count for next year"),
        ),
    ]
    return sorted(
        (row for row in rows if today <= row.day <= today + timedelta(days=days)), key=lambda row: row.day
    )


def _next_day(today: date, day: int) -> date:
    """The next date with that day of the month, today included."""
    if today.day <= day:
        return today.replace(day=day)
    return (today.replace(day=1) + timedelta(days=32)).replace(day=day)


# --- the correspondent's first page ------------------------------------------------------------------------------


def returned_to(user: User) -> list[tuple[Submission, str]]:
    """Drafts that came back to this author, each with the reviewer's words."""
    rows = (
        Submission.objects.filter(created_by=user, state=SubmissionState.RETURNED)
        .with_standing()
        .order_by("-decided_at", "-pk")[:SHOWN]
    )
    found = []
    for draft in rows:
        review = last_word(draft)
        words = _("%(who)s: %(opinion)s") % {"who": review.by, "opinion": review.opinion} if review else ""
        found.append((draft, words))
    return found
