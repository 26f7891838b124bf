"""Writing: the form for phone and desk, autosave, co-authors and pictures. Every part also works without scripts."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from correspondents import services
from correspondents.forms import DraftForm, PictureForm
from correspondents.models import Submission
from correspondents.permissions import can_edit, can_write
from correspondents.selectors import last_word, my_departments, submission_route
from correspondents.states import Stage
from correspondents.views.reading import me, readable, visible_submission
from hospital.models import User
from plans.models import Category
from toolkit.csp import editor_csp
from toolkit.diff import word_diff
from toolkit.moves import MoveRefused

MOST_SUGGESTIONS = 8


@editor_csp
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """An empty form. Nothing is stored before the first autosave or button; `form_key` then names the draft."""
    if not can_write.test(request.user):
        raise PermissionDenied(_("Your account reads only; it can't write drafts."))
    blank = blank_draft(me(request), request.POST.get("form_key"))
    if blank is None:
        return render(request, "drafts/no_department.html")
    if request.method != "POST":
        form = DraftForm(instance=blank, user=me(request), initial=_usual_beginning())
        return _page(request, blank, form)
    known = Submission.objects.written_by(me(request)).filter(form_key=blank.form_key).first()
    return _handle(request, known or blank)


def _usual_beginning() -> dict[str, Any]:
    """What most pieces have, so that it need not be tapped."""
    return {"category": Category.objects.for_drafts().first(), "event_on": timezone.localdate()}


def blank_draft(user: Any, form_key: str | None) -> Submission | None:
    """An unsaved draft of this person's department; None for somebody who belongs to none."""
    department = my_departments(user).first()
    if department is None:
        return None
    return Submission(created_by=user, department=department, form_key=key_of(form_key) or uuid.uuid4())


def key_of(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@editor_csp
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    submission = visible_submission(me(request), pk)
    if request.user.pk not in submission.author_ids:
        raise PermissionDenied(_("Only the authors change a draft."))
    if request.method == "POST":
        return _handle(request, submission)
    if not can_edit.test(request.user, submission):
        messages.info(
            request, _("It can't be changed while it stands at “%s”.") % submission.get_state_display()
        )
        return redirect("drafts:detail", pk)
    return _page(request, submission, DraftForm(instance=submission, user=me(request)))


# --- one POST of the form: save what was written, then do what the pressed button says ---------------------------


def _handle(request: HttpRequest, submission: Submission) -> HttpResponse:
    """The text is saved before anything else, and comes back in the form when it couldn't be."""
    # The form writes into its instance; the page must go on showing what is really stored.
    form = DraftForm(request.POST, instance=copy.copy(submission), user=me(request))
    if not form.is_valid():
        return _page(request, submission, form)
    try:
        saved = save_form(request, submission, form)
    except services.StaleVersion as stale:
        return _page(request, submission, form, stale=stale)
    except services.EditRefused as refusal:
        if _is_double_submit(request, submission):
            return redirect("drafts:detail", submission.pk)
        form.add_error(None, refusal)
        return _page(request, submission, form)
    return _then(request, saved)


def save_form(request: HttpRequest, submission: Submission, form: DraftForm) -> Submission:
    version = _version(request)
    person = me(request)
    if submission.pk is None:
        department = form.cleaned_data.get("department") or submission.department
        submission = services.submission_create(
            author=person, department=department, form_key=submission.form_key
        )
        version = version or submission.version
    saved = services.submission_save(
        submission=submission,
        version=version,
        data=form.changes(),
        actor=person,
        overwriting=request.POST.get("action") == "overwrite" or request.POST.get("overwriting") == "1",
    )
    captions = {
        int(name.removeprefix("caption-")): str(text)
        for name, text in request.POST.items()
        if name.startswith("caption-") and name.removeprefix("caption-").isdecimal()
    }
    if captions:
        services.picture_describe(submission=saved, captions=captions, actor=person)
    return saved


def _version(request: HttpRequest) -> int:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() and len(text) < 9 else 0


def _is_double_submit(request: HttpRequest, submission: Submission) -> bool:
    """The same form sent twice: the first one already put it into review, with this very text."""
    current = Submission.objects.in_review().filter(pk=submission.pk).first()
    return bool(
        current and request.POST.get("action") == "submit" and current.title == request.POST.get("title")
    )


def _then(request: HttpRequest, saved: Submission) -> HttpResponse:
    """The pressed button's own work, after the text is safe."""
    post: Any = request.POST
    person = me(request)
    query = ""
    try:
        if post.get("remove_author", "").isdecimal():
            services.coauthor_remove(submission=saved, person_id=int(post["remove_author"]), actor=person)
        elif post.get("remove_picture", "").isdecimal():
            services.picture_remove(submission=saved, picture_id=int(post["remove_picture"]), actor=person)
        elif post.get("pick_author", "").isdecimal():
            _add(saved, list(User.objects.active().filter(pk=post["pick_author"])), person)
        elif post.get("action") == "add_author":
            query = _add_by_words(request, saved)
        elif request.FILES.get("picture"):
            add_picture(request, saved)
        elif post.get("action") == "submit":
            services.submission_move(submission=saved, action="submit", actor=person)
            messages.success(request, _submitted(saved))
            return redirect("drafts:detail", saved.pk)
        elif post.get("action") in ("save", "overwrite"):
            messages.success(request, _("Saved."))
    except (MoveRefused, services.EditRefused) as refusal:
        for sentence in refusal.messages:
            messages.error(request, sentence)
    return redirect(reverse("drafts:edit", args=[saved.pk]) + query)


def _submitted(submission: Submission) -> str:
    return _("Submitted. It is now at: %(stage)s. You will be told when something happens.") % {
        "stage": submission.get_stage_display()
    }


def _add_by_words(request: HttpRequest, saved: Submission) -> str:
    """Add the one person the words fit; with several, the next page offers them by this query."""
    words = request.POST.get("author_words", "").strip()
    found = people_like(words)
    if len(found) == 1:
        _add(saved, found, me(request))
    elif not found:
        messages.error(request, _("Nobody was found by “%s”. Try the staff number or the full name.") % words)
    else:
        return "?people=" + words + "#authors"
    return "#authors"


def _add(saved: Submission, found: list[User], actor: Any) -> None:
    for person in found[:1]:
        services.coauthor_add(submission=saved, person=person, actor=actor)


def people_like(words: str) -> list[User]:
    """Active people by exact staff number or name, or else by a part of it; the number in brackets counts too."""
    words = words.strip()
    if not words:
        return []
    number = words.rpartition("（")[2].rstrip("）") if "（" in words else words
    people = User.objects.active().select_related("department").order_by("staff_no")
    exact = list(people.filter(Q(staff_no__iexact=number) | Q(name=words))[:MOST_SUGGESTIONS])
    if exact:
        return exact
    return list(people.filter(Q(name__icontains=words) | Q(staff_no__istartswith=words))[:MOST_SUGGESTIONS])


def add_picture(request: HttpRequest, saved: Submission) -> None:
    form = PictureForm({"caption": request.POST.get("new_caption", "")}, request.FILES)
    if not form.is_valid():
        raise services.EditRefused([sentence for lines in form.errors.values() for sentence in lines])
    services.picture_add(
        submission=saved,
        image=form.cleaned_data["picture"],
        caption=form.cleaned_data["caption"],
        actor=me(request),
    )


# --- the page -----------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    submission: Submission,
    form: DraftForm,
    *,
    stale: services.StaleVersion | None = None,
) -> HttpResponse:
    stored = submission if submission.pk else None
    form.mark_needed()
    context: dict[str, Any] = {
        "submission": submission,
        "form": form,
        "version": stored.version if stored else 0,
        "route": route_words(submission),
        "missing": submission.missing() if stored else [],
        "authors": list(submission.authorships.select_related("person__department")) if stored else [],
        "candidates": people_like(request.GET.get("people", "")),
        "word": last_word(submission) if stored else None,
        "words": script_words(),
        **pictures_of(submission),
    }
    if form.is_bound:
        context["version"] = _version(request)
    if stale is not None:
        theirs = stale.current
        mine = readable(form.cleaned_data.get("title", ""), form.cleaned_data.get("body", ""))
        context |= {
            "stale": stale.messages[0],
            "version": theirs.version,
            "pieces": word_diff(readable(theirs.title, theirs.body), mine),
        }
    status = 409 if stale is not None else 200
    return render(request, "drafts/edit.html", context, status=status)


def pictures_of(submission: Submission) -> dict[str, Any]:
    pictures = list(submission.pictures.filter(inline=False)) if submission.pk else []
    return {"pictures": pictures, "picture_count": len(pictures) + submission.inline_pictures()}


def route_words(submission: Submission) -> str:
    return " → ".join(str(Stage(stage).label) for stage in submission_route(submission))


def script_words() -> dict[str, str]:
    """The sentences static/js/drafts.js shows."""
    return {
        "saving": _("Saving…"),
        "saved": _("%s saved automatically"),
        "local": _("Not sent yet; saved on this device at %s"),
        "expired": _(
            "You have been signed out. What you wrote is saved on this device; sign in again and it will be "
            "offered to you."
        ),
        "offline": _(
            "No network. What you wrote is saved on this device and will be sent when the network is back."
        ),
        "found": _("This device holds “%(title)s” of %(time)s, which was never sent."),
        "untitled": _("(untitled draft)"),
        "restore": _("Restore it"),
        "drop": _("Discard it"),
        "signIn": _("Sign in"),
        "compare": _("Compare the two"),
        "uploading": _("Sending the picture…"),
        "pictureFailed": _("The picture could not be sent. Please try again."),
        "ready": _("Nothing is missing; it can be submitted."),
        "characters": _("%s characters"),
    }
