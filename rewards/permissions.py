"""Who sees the ledger, who draws up batches, who seals them."""

from __future__ import annotations

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

can_see_ledger = is_office | is_finance | is_auditor | is_leader | is_head
can_see_whole_ledger = is_office | is_finance | is_auditor | is_leader
can_see_payouts = is_office | is_finance | is_auditor | is_leader
can_create_payout = is_chief
can_seal = is_chief
can_download_workbook = is_editor | is_chief | is_finance | is_auditor | is_leader
can_see_scheme = is_correspondent | is_head | can_see_whole_ledger
has_own_rewards = is_correspondent | is_head | is_office
writes_drafts = is_correspondent
can_issue_scheme = is_chief
can_settle = is_chief
can_start_appraisal = is_office
# The proof of a piece belongs to the publicity office's papers; finance sees money and names.
can_open_proof = is_office | is_auditor | is_leader | is_head

for _model in ("schemeversion", "rule", "exemption", "shortfallrate"):
    rules.add_perm(f"rewards.view_{_model}", is_administrator | is_auditor)
    for _verb in ("add", "change", "delete"):
        rules.add_perm(f"rewards.{_verb}_{_model}", is_administrator)
rules.add_perm("rewards", is_administrator)
