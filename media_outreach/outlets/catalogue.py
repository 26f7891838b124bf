"""Keeping the list of outlets."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from hospital.models import User
from media_outreach.outlets import permissions
from media_outreach.outlets.models import Outlet
from toolkit import audit
from toolkit.moves import MoveRefused


@transaction.atomic
def outlet_save(*, outlet: Outlet, actor: User) -> Outlet:
    """Add or change an outlet whose fields have been set and validated (see OutletForm).

    Raises ValidationError when level or medium would change under verified placements: what they counted for and
    what they were rewarded with rests on both.
    """
    if not permissions.can_keep_outlets.test(actor):
        raise MoveRefused(_("Only the publicity office keeps outlets."), code="forbidden")
    before = Outlet.objects.filter(pk=outlet.pk).first() if outlet.pk else None
    names = ("name", "level", "medium", "is_owned", "url", "is_active")
    changes = {
        name: [getattr(before, name, None), getattr(outlet, name)]
        for name in names
        if before is None or getattr(before, name) != getattr(outlet, name)
    }
    weighs = {"level", "medium"} & changes.keys()
    if before is not None and weighs and outlet.placements.verified().exists():
        sentence = _(
            "Verified placements were counted by this. Add a new outlet and deactivate this one instead."
        )
        raise ValidationError(dict.fromkeys(sorted(weighs), sentence))
    if changes:
        outlet.save()
        audit.record(
            actor=actor, action="create" if before is None else "change", obj=outlet, changes=changes
        )
    return outlet


@transaction.atomic
def outlet_delete(*, outlet: Outlet, actor: User) -> None:
    """Delete an outlet nothing was ever placed in. Raises MoveRefused for one in use."""
    if not permissions.can_keep_outlets.test(actor):
        raise MoveRefused(_("Only the publicity office keeps outlets."), code="forbidden")
    if outlet.placements.exists():
        raise MoveRefused(
            _("“%(name)s” has placements and can't be deleted. Deactivate it: it is then no longer offered.")
            % {"name": outlet.name},
            code="in_use",
        )
    audit.record(actor=actor, action="delete", obj=outlet)
    outlet.delete()
