"""Two people at once, on a database that lets them: one wins, the other is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from hospital.models import User
from plans.imports import quota_import_commit, quota_import_open_bytes
from plans.models import Delivery, Plan, PlanApproval, QuotaImport, QuotaItem
from plans.services import plan_move, record_delivery
from plans.states import PlanState
from tests.factories import make_cast
from tests.plans.factories import category, make_draft
from tests.plans.test_imports import HEADER, xlsx

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*calls: Callable[[], object]) -> list[str]:
    """Run all at the same moment, each on its own connection; the sentences of those refused."""
    barrier, refused = Barrier(len(calls)), []

    def run(call: Callable[[], object]) -> None:
        try:
            barrier.wait()
            call()
        except ValidationError as error:
            refused.append(" ".join(error.messages))
        finally:
            connection.close()

    threads = [Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_two_leaders_pressing_at_once() -> None:
    """Both verdicts on record would leave nobody knowing whether the plan is in force."""
    cast = make_cast()
    for year in range(2030, 2040):
        plan = make_draft(cast, year=year)
        plan_move(plan=plan, action="submit", actor=cast.editor)

        def decide(action: str, actor: User, pk: int = plan.pk) -> Callable[[], object]:
            return lambda: plan_move(plan=Plan.objects.get(pk=pk), action=action, actor=actor, note="理由")

        refused = at_once(decide("approve", cast.leader), decide("return", cast.other_leader))
        assert len(refused) == 1
        assert "赵刚" in refused[0] or "何平" in refused[0]
        assert PlanApproval.objects.filter(revision__plan=plan).count() == 1
        plan.refresh_from_db()
        assert plan.state in (PlanState.APPROVED, PlanState.RETURNED)


def test_two_people_taking_in_the_same_table() -> None:
    cast = make_cast()
    category()
    plan = make_draft(cast, quotas=False)
    for _round in range(10):
        found = quota_import_open_bytes(
            plan=plan, name="表.xlsx", content=xlsx(HEADER, ["护理部", "3篇信息"]), actor=cast.editor
        )

        def take_in(actor: User, pk: int = found.pk) -> Callable[[], object]:
            return lambda: quota_import_commit(quota_import=QuotaImport.objects.get(pk=pk), actor=actor)

        assert len(at_once(take_in(cast.editor), take_in(cast.chief))) == 1
        assert QuotaItem.objects.filter(plan=plan).count() == 1


def test_the_same_piece_recorded_at_once_counts_once() -> None:
    cast = make_cast()
    info = category()

    def record(number: int) -> Callable[[], object]:
        return lambda: record_delivery(
            category=info,
            department=cast.nursing,
            person=None,
            happened_on=date(2026, 3, 8),
            title="护士节",
            source_kind="submission",
            source_id=number,
            actor=None,
        )

    for number in range(20):
        assert at_once(record(number), record(number), record(number)) == []
    assert Delivery.objects.count() == 20
