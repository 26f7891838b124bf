"""The doors of the rewards layer. Each is keyword-only, one transaction, and safe to call again."""

from rewards.ledger import Settled, settle, settle_shortfalls
from rewards.payouts import PayoutRefused, payout_create, payout_downloaded, payout_drop, payout_seal
from rewards.schemes import scheme_issue, scheme_load

__all__ = [
    "PayoutRefused",
    "Settled",
    "payout_create",
    "payout_downloaded",
    "payout_drop",
    "payout_seal",
    "scheme_issue",
    "scheme_load",
    "settle",
    "settle_shortfalls",
]
