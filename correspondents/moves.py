"""The table of moves a draft may make. The services are the only ones to perform them."""

from django.utils.translation import gettext_lazy as _

from correspondents.permissions import can_forward, can_review, can_submit, can_withdraw
from correspondents.states import EDITABLE, SubmissionState
from toolkit.moves import Move, MoveTable

State = SubmissionState

MOVES = MoveTable(
    [
        Move(
            "submit", _("Submit for review"), sources=EDITABLE, target=State.IN_REVIEW, permission=can_submit
        ),
        # A stage that isn't the last passes it on; the last one accepts it.
        Move("pass", _("Pass"), sources=[State.IN_REVIEW], target=State.IN_REVIEW, permission=can_review),
        Move("accept", _("Accept"), sources=[State.IN_REVIEW], target=State.ACCEPTED, permission=can_review),
        Move(
            "return",
            _("Return for changes"),
            sources=[State.IN_REVIEW],
            target=State.RETURNED,
            permission=can_review,
            note_required=True,
        ),
        Move(
            "decline",
            _("Decline"),
            sources=[State.IN_REVIEW],
            target=State.DECLINED,
            permission=can_review,
            note_required=True,
        ),
        Move(
            "forward",
            _("Send on to the next stage"),
            sources=[State.IN_REVIEW],
            target=State.IN_REVIEW,
            permission=can_forward,
        ),
        Move(
            "withdraw",
            _("Withdraw"),
            sources=[State.DRAFT, State.IN_REVIEW, State.RETURNED],
            target=State.WITHDRAWN,
            permission=can_withdraw,
        ),
    ]
)
