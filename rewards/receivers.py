"""What rewards does when the layers below tell news: settle the years it concerns.

The signals arrive after commit. One that gets lost does no harm: drawing up a batch and the nightly tick settle too.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from media_outreach.outlets.models import Placement
from media_outreach.outlets.signals import placement_verified, placement_voided
from rewards.ledger import settle


@receiver(placement_verified, dispatch_uid="rewards.placement_verified")
@receiver(placement_voided, dispatch_uid="rewards.placement_voided")
def settle_its_years(sender: Any, *, placement: Placement, **kwargs: Any) -> None:
    for year in years_of(placement):
        settle(year=year)


def years_of(placement: Placement) -> list[int]:
    """Its own year, and those in which the same piece ran elsewhere: the highest may have changed there."""
    years = {placement.published_on.year}
    if placement.submission_id:
        days = Placement.objects.verified().filter(submission=placement.submission_id).order_by()
        years.update(day.year for day in days.values_list("published_on", flat=True))
    return sorted(years)
