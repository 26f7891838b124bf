"""Where the matrix's counted placements are opened, for those who may see them."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from hospital.models import User
from media_outreach.outlets.models import Placement


def placement_links(user: User, ids: Collection[int]) -> dict[int, str]:
    visible = Placement.objects.visible_to(user).filter(pk__in=ids).order_by().values_list("pk", flat=True)
    return {pk: reverse("outlets:detail", args=[pk]) for pk in visible.distinct()}
