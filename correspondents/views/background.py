"""What the writing form's scripts call: autosave, pictures, suggestions of people. JSON or a piece of the page."""

from __future__ import annotations

import copy
import uuid
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from correspondents import services
from correspondents.forms import DraftForm, PictureForm
from correspondents.models import Submission
from correspondents.permissions import can_write
from correspondents.views.reading import me
from correspondents.views.writing import (
    add_picture,
    blank_draft,
    key_of,
    people_like,
    pictures_of,
    route_words,
    save_form,
)


def _own_draft(request: HttpRequest, form_key: uuid.UUID) -> Submission:
    """The draft of this key, made now if this is the first thing kept of it. Others' drafts are 404."""
    user = me(request)
    known = Submission.objects.filter(form_key=form_key).first()
    if known is None:
        blank = blank_draft(user, str(form_key))
        if blank is None:
            raise Http404
        return services.submission_create(author=user, department=blank.department, form_key=form_key)
    if user.pk not in known.author_ids:
        raise Http404
    return known


@require_POST
def autosave(request: HttpRequest) -> JsonResponse:
    """{version, saved_at, url, missing, length, route}; 401 signed out, 409 another window was first, 403 locked."""
    if not request.user.is_authenticated:
        return JsonResponse({"error": _("Please sign in again.")}, status=401)
    form_key = key_of(request.POST.get("form_key"))
    blank = blank_draft(me(request), request.POST.get("form_key"))
    if form_key is None or blank is None or not can_write.test(request.user):
        return JsonResponse({"error": _("This form can't be saved. Please open it anew.")}, status=400)
    known = Submission.objects.filter(form_key=form_key).first()
    if known is not None and request.user.pk not in known.author_ids:
        raise Http404
    form = DraftForm(request.POST, instance=copy.copy(known or blank), user=me(request))
    form.is_valid()
    if known is None and not form.has_words:
        return JsonResponse({"version": 0, "saved_at": "", "url": ""})
    try:
        saved = save_form(request, known or blank, form)
    except services.StaleVersion as stale:
        return JsonResponse({"error": stale.messages[0], "version": stale.current.version}, status=409)
    except services.EditRefused as refusal:
        return JsonResponse({"error": " ".join(refusal.messages)}, status=403)
    return JsonResponse({**_state(saved), "errors": form.errors})


def _state(saved: Submission) -> dict[str, Any]:
    return {
        "version": saved.version,
        "saved_at": timezone.localtime(saved.updated_at).strftime("%H:%M"),
        "url": reverse("drafts:edit", args=[saved.pk]),
        "missing": saved.missing(),
        "length": saved.length,
        "route": route_words(saved),
    }


@login_required
@require_POST
def picture_add(request: HttpRequest, form_key: uuid.UUID) -> HttpResponse:
    """One picture for the gallery; answers with the gallery as it now is."""
    draft = _own_draft(request, form_key)
    try:
        add_picture(request, draft)
    except ValidationError as refusal:
        return JsonResponse({"error": " ".join(refusal.messages)}, status=400)
    response = render(request, "drafts/gallery.html", pictures_of(draft))
    response["X-Draft-Version"] = str(draft.version)
    response["X-Draft-Url"] = reverse("drafts:edit", args=[draft.pk])
    return response


@login_required
@require_POST
def upload(request: HttpRequest, form_key: uuid.UUID) -> JsonResponse:
    """CKEditor's picture upload: {"uploaded": 1, "fileName", "url"} or {"uploaded": 0, "error": {"message"}}."""
    sent = request.FILES.getlist("upload")[:1]
    form = PictureForm(request.POST, MultiValueDict({"picture": sent} if sent else {}))
    try:
        if not form.is_valid():
            raise services.EditRefused([sentence for lines in form.errors.values() for sentence in lines])
        picture = services.picture_add(
            submission=_own_draft(request, form_key),
            image=form.cleaned_data["picture"],
            actor=me(request),
            inline=True,
        )
    except ValidationError as refusal:
        return JsonResponse({"uploaded": 0, "error": {"message": " ".join(refusal.messages)}}, status=400)
    return JsonResponse({"uploaded": 1, "fileName": picture.url.rsplit("/", 1)[-1], "url": picture.url})


@login_required
@require_GET
def people(request: HttpRequest) -> JsonResponse:
    """Suggestions while typing a co-author's name: “李娜（0231）” and the department."""
    found = people_like(request.GET.get("q", "")[:40])
    return JsonResponse(
        {
            "people": [
                {"value": f"{person.name}（{person.staff_no}）", "note": str(person.department or "")}
                for person in found
            ]
        }
    )
