"""The review desk: the queue, and one piece with everything in sight."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from correspondents.forms import ReviewForm
from correspondents.models import Submission
from correspondents.permissions import can_forward, can_review
from correspondents.selectors import next_stage, review_queue, standing
from correspondents.services import submission_move
from correspondents.views.reading import me, queue_neighbours, readable, visible_submission
from toolkit.diff import word_diff
from toolkit.moves import MoveRefused
from toolkit.paging import keyset_page

TOLD = {
    "accepted": gettext_lazy("“%(title)s” is accepted."),
    "returned": gettext_lazy("“%(title)s” went back to its author."),
    "declined": gettext_lazy("“%(title)s” was declined."),
    "in_review": gettext_lazy("“%(title)s” went on to: %(stage)s."),
}


@login_required
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    waiting = review_queue(me(request)).select_related("category", "department", "created_by").defer("body")
    page = keyset_page(
        waiting.prefetch_related("authorships__person"),
        order=("submitted_at", "pk"),
        cursor=request.GET.get("cursor", ""),
        size=30,
    )
    return render(request, "drafts/queue.html", {"page": page})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, pk: int) -> HttpResponse:
    submission = visible_submission(me(request), pk)
    if request.method == "POST":
        return _decide(request, submission)
    if not _may_decide(request.user, submission):
        messages.info(request, _("This piece doesn't await your review (any more). Here is how it stands."))
        return redirect("drafts:detail", pk)
    return _page(request, submission, ReviewForm(initial=_seen(submission)))


def _may_decide(user: Any, submission: Submission) -> bool:
    return bool(can_review.test(user, submission) or can_forward.test(user, submission))


def _seen(submission: Submission) -> dict[str, Any]:
    current = submission.current_revision()
    return {"revision": current.pk if current else None, "stage": submission.stage}


def _decide(request: HttpRequest, submission: Submission) -> HttpResponse:
    form = ReviewForm(request.POST)
    if not form.is_valid():
        return _page(request, submission, form)
    following = queue_neighbours(me(request), submission.pk)
    try:
        submission_move(
            submission=submission,
            action=form.cleaned_data["action"],
            actor=me(request),
            note=form.note(),
            seen_revision=form.cleaned_data["revision"],
            seen_stage=form.cleaned_data["stage"],
        )
    except MoveRefused as refusal:
        return _refused(request, submission, form, refusal)
    messages.success(
        request, TOLD[submission.state] % {"title": submission, "stage": submission.get_stage_display()}
    )
    onward = following["next"] or following["previous"]
    return redirect("drafts:review", onward) if onward else redirect("drafts:queue")


def _refused(
    request: HttpRequest, submission: Submission, form: ReviewForm, refusal: MoveRefused
) -> HttpResponse:
    if refusal.code == "note_required":
        form.add_error("opinion", refusal.sentence)
        return _page(request, submission, form)
    if refusal.code == "forbidden":
        raise PermissionDenied(refusal.sentence)
    messages.error(request, refusal.sentence)
    return redirect("drafts:review", submission.pk)


def _page(request: HttpRequest, submission: Submission, form: ReviewForm) -> HttpResponse:
    """The text, or by default its difference from the revision before; the panel with the verdict."""
    revisions = list(submission.revisions.select_related("by").all())
    current = revisions[0] if revisions else None
    previous = revisions[1] if len(revisions) > 1 else None
    view = request.GET.get("view") or ("diff" if previous else "text")
    pieces = []
    if view == "diff" and previous and current:
        pieces = word_diff(readable(previous.title, previous.body), readable(current.title, current.body))
    context = {
        "submission": submission,
        "form": form,
        "current": current,
        "previous": previous,
        "showing_diff": bool(pieces),
        "pieces": pieces,
        "pictures": submission.pictures.filter(inline=False),
        "stops": standing(submission),
        "last": next_stage(submission) is None if submission.stage else False,
        "vacant": not can_review.test(request.user, submission),
        "earlier": submission.reviews.exclude(revision=current)
        .select_related("by", "revision")
        .order_by("-at")[:5],
        "queue": queue_neighbours(me(request), submission.pk),
    }
    return render(request, "drafts/review.html", context)
