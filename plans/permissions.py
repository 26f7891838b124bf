"""Who may do what with plans, quotas and what counts, in sentences."""

from __future__ import annotations

from typing import Any

import rules

from hospital.permissions import (
    is_administrator,
    is_auditor,
    is_chief,
    is_correspondent,
    is_editor,
    is_finance,
    is_head,
    is_leader,
    is_office,
)


@rules.predicate
def drew_it_up(user: Any, plan: Any) -> bool:
    return plan is not None and plan.created_by_id == user.pk


@rules.predicate
def submitted_it(user: Any, plan: Any) -> bool:
    if plan is None:
        return False
    newest = plan.revisions.order_by("-number").values_list("submitted_by_id", flat=True).first()
    return bool(newest == user.pk)


@rules.predicate
def is_open(user: Any, plan: Any) -> bool:
    return plan is not None and plan.is_open


is_staff_member = (
    is_correspondent | is_head | is_leader | is_editor | is_chief | is_finance | is_auditor | is_administrator
)

can_write_plans = is_office
can_edit_plan = is_office & is_open
can_submit_plan = is_office
# Nobody approves what they drew up or handed in themselves.
can_decide_plan = is_leader & ~drew_it_up & ~submitted_it
can_see_all_departments = is_office | is_leader | is_auditor | is_finance | is_administrator
can_log_deliveries = is_office
can_remind = is_office

# The Django admin: leaders decide on plans there; administrators keep the categories; nobody edits a plan there.
rules.add_perm("plans", is_leader | is_administrator)
for _model in ("plan", "planrevision", "planapproval", "quotaitem", "category", "delivery"):
    rules.add_perm(f"plans.view_{_model}", is_leader | is_administrator | is_auditor)
for _verb in ("add", "change", "delete"):
    rules.add_perm(f"plans.{_verb}_category", is_administrator)
rules.add_perm("plans.decide_plan", can_decide_plan)
