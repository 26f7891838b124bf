"""Lists, the page of one piece, comparisons of its texts, and the moves its page offers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST, require_safe

from correspondents.forms import SubmissionSearch
from correspondents.models import Picture, Revision, Submission
from correspondents.moves import MOVES
from correspondents.permissions import can_edit, can_review, can_write
from correspondents.selectors import last_word, review_queue, standing, standing_line
from correspondents.services import submission_move
from hospital.models import User
from hospital.permissions import is_auditor, is_office
from toolkit.diff import word_diff
from toolkit.files import stored_file
from toolkit.moves import MoveRefused
from toolkit.paging import keyset_page
from toolkit.richtext import to_text

PAGE_MOVES = ("withdraw", "forward")


def visible_submission(user: Any, pk: int) -> Submission:
    """The draft with all its page needs, or 404 for what this person doesn't get to see."""
    drafts = Submission.objects.visible_to(user).with_standing()
    submission: Submission = get_object_or_404(drafts, pk=pk)
    return submission


@login_required
@require_safe
def drafts(request: HttpRequest) -> HttpResponse:
    """Own drafts; with ?scope=all what else one may read, which is where the office begins."""
    user = me(request)
    reads_all = bool(is_office.test(user) or is_auditor.test(user))
    answers_for_others = reads_all or user.headed_departments.exists()
    scope = request.GET.get("scope") or ("all" if reads_all else "mine")
    rows = Submission.objects.visible_to(user)
    if scope == "mine":
        rows = rows.written_by(user)
    form = SubmissionSearch(request.GET, with_departments=reads_all and scope == "all")
    found: Any = form.filter(rows)
    page = keyset_page(
        found.with_standing().defer("body"),
        order=("-updated_at", "-pk"),
        cursor=request.GET.get("cursor", ""),
        size=30,
    )
    context = {
        "form": form,
        "page": page,
        "rows": [
            {
                "draft": draft,
                "line": standing_line(draft),
                "word": last_word(draft),
                "mine": user.pk in draft.author_ids,
            }
            for draft in page.rows
        ],
        "scope": scope,
        "tabs": _scopes(scope) if answers_for_others else [],
        "may_write": can_write.test(user),
        "may_review": reads_all,
    }
    return render(request, "drafts/list.html", context)


def _scopes(scope: str) -> list[dict[str, Any]]:
    return [
        {"label": _("My drafts"), "url": "?scope=mine", "active": scope == "mine"},
        {"label": _("All submitted drafts"), "url": "?scope=all", "active": scope == "all"},
    ]


@login_required
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    submission = visible_submission(request.user, pk)
    user = me(request)
    moves = MOVES.available(obj=submission, actor=user)
    context = {
        "submission": submission,
        "stops": standing(submission),
        "word": last_word(submission),
        "reviews": submission.reviews.select_related("by", "revision"),
        "revisions": submission.revisions.select_related("by").defer("body"),
        "pictures": submission.pictures.filter(inline=False),
        "kept_texts": submission.kept_texts.select_related("by") if can_edit.test(user, submission) else [],
        "placements": submission.placements.select_related("outlet").exclude(state="void"),
        "may_edit": can_edit.test(user, submission),
        "may_review": can_review.test(user, submission),
        "may_place": submission.state == "accepted" and is_office.test(user),
        "moves": {move.action: move for move in moves if move.action in PAGE_MOVES},
    }
    return render(request, "drafts/detail.html", context)


@login_required
@require_POST
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """The moves a piece's own page offers; verdicts are given on the review page."""
    submission = visible_submission(request.user, pk)
    action = request.POST.get("action", "")
    if action not in PAGE_MOVES:
        raise Http404
    try:
        submission_move(
            submission=submission, action=action, actor=me(request), note=request.POST.get("note", "")
        )
    except MoveRefused as refusal:
        if refusal.code == "forbidden":
            raise PermissionDenied(refusal.sentence) from refusal
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, _("Done: “%(title)s” now stands at “%(state)s”.") % _facts(submission))
    return redirect("drafts:detail", submission.pk)


def _facts(submission: Submission) -> dict[str, Any]:
    return {"title": submission, "state": submission.get_state_display()}


def me(request: HttpRequest) -> User:
    """The signed-in person, as the type checker should see them."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


@login_required
@require_safe
def compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Any two submitted texts; without a choice the last two. ?kept=… is a text overwritten from another window."""
    submission = visible_submission(request.user, pk)
    revisions = list(submission.revisions.select_related("by"))
    if request.GET.get("kept") and can_edit.test(request.user, submission):
        kept = get_object_or_404(submission.kept_texts, pk=_number(request.GET["kept"]))
        old, new = readable(kept.title, kept.body), readable(submission.title, submission.body)
        context = {"submission": submission, "kept": kept, "pieces": word_diff(old, new), "kept_text": old}
        return render(request, "drafts/compare.html", context)
    newer = _chosen(revisions, request.GET.get("b"), 0)
    older = _chosen(revisions, request.GET.get("a"), 1)
    pieces = []
    if newer and older:
        pieces = word_diff(readable(older.title, older.body), readable(newer.title, newer.body))
    context = {
        "submission": submission,
        "revisions": revisions,
        "newer": newer,
        "older": older,
        "pieces": pieces,
    }
    return render(request, "drafts/compare.html", context)


def readable(title: str, body: str) -> str:
    """Title and text as plain lines, for comparing."""
    return f"{title}\n\n{to_text(body)}"


def _chosen(revisions: list[Revision], number: str | None, otherwise: int) -> Revision | None:
    """The revision of that number, or the newest but `otherwise`."""
    found = next((one for one in revisions if str(one.number) == number), None)
    return found or next(iter(revisions[otherwise:]), None)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0


@login_required
@require_GET
def picture(request: HttpRequest, pk: int, key: str, extension: str) -> HttpResponseBase:
    """A picture's file, for whoever may read its draft. Ours by re-encoding, so it may be shown in the page."""
    visible = Submission.objects.visible_to(me(request)).filter(pk=pk)
    found = get_object_or_404(Picture, key=key, submission__in=visible)
    name = found.image.name or ""
    if not name.endswith(f".{extension}") or not found.image.storage.exists(name):
        raise Http404
    kind = "image/png" if extension == "png" else "image/jpeg"
    response = stored_file(found.image, name=f"{found.key}.{extension}", content_type=kind, show=True)
    response["Cache-Control"] = "private, max-age=86400"
    return response


def queue_neighbours(user: Any, pk: int) -> dict[str, Any]:
    """Place of this draft in the person's queue, and what comes before and after it."""
    waiting = list(review_queue(user).values_list("pk", flat=True)[:200])
    place = waiting.index(pk) if pk in waiting else -1
    return {
        "count": len(waiting),
        "place": place + 1,
        "previous": waiting[place - 1] if place > 0 else None,
        "next": waiting[place + 1] if 0 <= place < len(waiting) - 1 else None,
        "first": waiting[0] if waiting else None,
    }
