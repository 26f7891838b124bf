"""Where the matrix's counted drafts are opened, for those who may read them."""

from __future__ import annotations

from collections.abc import Collection

from django.urls import reverse

from correspondents.models import Submission
from hospital.models import User


def draft_links(user: User, ids: Collection[int]) -> dict[int, str]:
    visible = Submission.objects.visible_to(user).filter(pk__in=ids).order_by().values_list("pk", flat=True)
    return {pk: reverse("drafts:detail", args=[pk]) for pk in visible.distinct()}
