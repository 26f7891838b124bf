"""Writes: a draft is made, saved with a version token, and moves through its review. One door for its state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from correspondents import notices
from correspondents.models import Authorship, KeptText, Picture, Review, Revision, Submission
from correspondents.moves import MOVES
from correspondents.permissions import can_edit, can_write
from correspondents.selectors import impartial_office, next_stage, submission_route
from correspondents.states import ReviewVerdict, Stage
from hospital.models import Department, User
from plans.services import record_delivery
from plans.states import Counts, SourceKind
from toolkit import audit
from toolkit.moves import MoveLost, MoveRefused
from toolkit.richtext import clean_html
from toolkit.uploads import UploadedImage

FIELDS = ("title", "category", "part", "genre", "event_on", "body", "department")
MOST_PICTURES = 30
VERDICTS = {
    "pass": ReviewVerdict.PASS,
    "return": ReviewVerdict.RETURN,
    "decline": ReviewVerdict.DECLINE,
}


class EditRefused(ValidationError):
    """This person may not change this draft now; the sentence says why."""


class StaleVersion(ValidationError):
    """The draft was saved from somewhere else since this form was opened. `.current` is how it stands now."""

    def __init__(self, current: Submission) -> None:
        super().__init__(
            _(
                "This draft was saved from another window at %(when)s. Compare the two before you decide "
                "which one to keep; nothing is lost."
            )
            % {"when": timezone.localtime(current.updated_at).strftime("%H:%M")},
            code="stale",
        )
        self.current = current


@transaction.atomic
def submission_create(
    *, author: User, department: Department, form_key: UUID, at: datetime | None = None
) -> Submission:
    """A new draft, or the one this form made before: a form posted twice makes one draft."""
    if not can_write.test(author):
        raise EditRefused(_("Your account reads only; it can't write drafts."), code="forbidden")
    try:
        with transaction.atomic():
            draft: Submission = Submission.objects.create(
                created_by=author, department=department, form_key=form_key
            )
    except IntegrityError:
        return Submission.objects.get(form_key=form_key, created_by=author)
    if at is not None:
        Submission.objects.filter(pk=draft.pk).update(created_at=at, updated_at=at)
    Authorship.objects.create(submission=draft, person=author, order=1)
    audit.record(actor=author, action="submission_create", obj=draft)
    return draft


@transaction.atomic
def submission_save(
    *,
    submission: Submission,
    version: int,
    data: Mapping[str, Any],
    actor: User,
    overwriting: bool = False,
    at: datetime | None = None,
) -> Submission:
    """Save the given fields (of `FIELDS`) if the draft still is at `version`; returns it as it now stands.

    Saving what already stands there is never stale. `overwriting`: the person saw the other window's text and
    keeps theirs; the other one is put aside as a KeptText. Raises StaleVersion or EditRefused.
    """
    current: Submission = Submission.objects.select_for_update().get(pk=submission.pk)
    _check_edit(current, actor)
    values = {name: data[name] for name in FIELDS if name in data}
    if "body" in values:
        # update() doesn't pass through the field's own cleaning.
        values["body"] = clean_html(values["body"])
    changed = {name: value for name, value in values.items() if getattr(current, name) != value}
    if not changed:
        return current
    at = at or timezone.now()
    if overwriting:
        KeptText.objects.create(submission=current, title=current.title, body=current.body, by=actor, at=at)
    saved = Submission.objects.filter(pk=current.pk, version=version).update(
        **changed, version=F("version") + 1, updated_at=at
    )
    if saved != 1:
        raise StaleVersion(current)
    current.refresh_from_db()
    return current


def _check_edit(submission: Submission, actor: User) -> None:
    if can_edit.test(actor, submission):
        return
    if actor.pk not in submission.author_ids:
        raise EditRefused(_("Only the authors change a draft."), code="forbidden")
    raise EditRefused(
        _(
            "It stands at “%(state)s” now, so it can't be changed. Withdraw it first, or wait until it is returned."
        )
        % {"state": submission.get_state_display()},
        code="state",
    )


@transaction.atomic
def coauthor_add(*, submission: Submission, person: User, actor: User) -> None:
    """One more author at the end of the list; adding somebody twice changes nothing."""
    _check_edit(Submission.objects.select_for_update().get(pk=submission.pk), actor)
    if not person.is_active:
        raise EditRefused(_("%(name)s has left and can't be added.") % {"name": person}, code="left")
    last = submission.authorships.order_by("-order").values_list("order", flat=True).first() or 0
    _authorship, new = Authorship.objects.get_or_create(
        submission=submission, person=person, defaults={"order": last + 1}
    )
    if new:
        audit.record(actor=actor, action="coauthor_add", obj=submission, changes={"authors": [None, person]})


@transaction.atomic
def coauthor_remove(*, submission: Submission, person_id: int, actor: User) -> None:
    """Take a co-author off the list; the creator stays."""
    _check_edit(Submission.objects.select_for_update().get(pk=submission.pk), actor)
    if person_id == submission.created_by_id:
        raise EditRefused(_("The person who began the draft stays its first author."), code="creator")
    found = submission.authorships.filter(person_id=person_id).select_related("person").first()
    if found is not None:
        audit.record(
            actor=actor, action="coauthor_remove", obj=submission, changes={"authors": [found.person, None]}
        )
        found.delete()


# --- the one door for state -----------------------------------------------------------------------------------------


@transaction.atomic
def submission_move(
    *,
    submission: Submission,
    action: str,
    actor: User,
    note: str = "",
    at: datetime | None = None,
    seen_revision: int | None = None,
    seen_stage: str = "",
) -> Submission:
    """submit, pass, return, decline, withdraw, or forward (past a vacant post).

    What goes with it commits together or not at all: the submitted text as a revision, the review, the delivery
    of an accepted piece, the audit event, the notices. `seen_revision` and `seen_stage` are what the reviewer's
    page showed. Raises MoveRefused, and MoveLost when somebody else was first.
    """
    at = at or timezone.now()
    if action == "submit":
        _submit(submission, actor, at)
    elif action in VERDICTS:
        _check_seen(submission, seen_revision, seen_stage)
        _judge(submission, action, actor, note.strip(), at)
    elif action == "forward":
        _forward(submission, actor, note, at)
    else:
        changes = {"stage": "", "updated_at": at}
        MOVES.perform(obj=submission, action=action, actor=actor, note=note, changes=changes)
    return submission


def _submit(submission: Submission, actor: User, at: datetime) -> None:
    missing = submission.missing(at=at)
    if missing and submission.is_editable:
        raise MoveRefused(missing, code="incomplete")
    if not impartial_office(submission):
        raise MoveRefused(
            _(
                "Nobody in the publicity office could decide on this piece, because they wrote it. "
                "Ask the administrator for another editor."
            ),
            code="nobody",
        )
    MOVES.perform(
        obj=submission,
        action="submit",
        actor=actor,
        changes={
            "stage": submission_route(submission)[0],
            "submitted_at": at,
            "decided_at": None,
            "updated_at": at,
            "version": F("version") + 1,
        },
        expected={"version": submission.version},
    )
    last = submission.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    Revision.objects.create(
        submission=submission,
        number=last + 1,
        title=submission.title,
        body=submission.body,
        sha256=Revision.digest(submission.title, submission.body),
        by=actor,
        at=at,
    )
    _forget_prefetched(submission)
    notices.to_reviewers(submission)


def _check_seen(submission: Submission, seen_revision: int | None, seen_stage: str) -> None:
    """The verdict is about the text and the stage the reviewer looked at; anything newer must be looked at first."""
    current = submission.current_revision()
    if seen_revision is not None and current is not None and current.pk != seen_revision:
        raise MoveLost(
            _("The author has handed in a newer text meanwhile. Please look at it before you decide."),
            code="newer",
        )
    if seen_stage and seen_stage != submission.stage:
        first = submission.reviews.filter(revision=current, stage=seen_stage).select_related("by").first()
        if first is not None:
            raise MoveLost(
                _("%(who)s was first: “%(what)s” at %(when)s.")
                % {
                    "who": first.by,
                    "what": first.get_verdict_display(),
                    "when": timezone.localtime(first.at).strftime("%H:%M"),
                },
                code="lost",
            )


def _judge(submission: Submission, action: str, actor: User, note: str, at: datetime) -> None:
    stage, revision = submission.stage, submission.current_revision()
    if revision is None:
        raise MoveRefused(_("It hasn't been submitted yet."), code="state")
    onward = next_stage(submission) if action == "pass" and stage else None
    accepting = action == "pass" and onward is None
    decided = accepting or action == "decline"
    MOVES.perform(
        obj=submission,
        action="accept" if accepting else action,
        actor=actor,
        note=note,
        changes={"stage": onward or "", "updated_at": at, **({"decided_at": at} if decided else {})},
        expected={"stage": stage, "version": submission.version},
    )
    Review.objects.create(
        submission=submission,
        revision=revision,
        stage=stage,
        verdict=VERDICTS[action],
        opinion=note,
        by=actor,
        at=at,
        sha256=revision.sha256,
    )
    _forget_prefetched(submission)
    if accepting:
        _count(submission, actor, at)
    if onward:
        notices.to_reviewers(submission)
    else:
        notices.to_authors(submission, note=note)


def _count(submission: Submission, actor: User, at: datetime) -> None:
    """An accepted piece is a delivery of its category, credited to its first author and its department."""
    category, part = submission.category, submission.part
    if category is None or category.counts != Counts.ACCEPTED:
        return
    first = submission.authorships.select_related("person").first()
    fits = part and part.category_id == category.pk and part.department_id == submission.department_id
    record_delivery(
        category=category,
        department=submission.department,
        person=first.person if first else submission.created_by,
        happened_on=timezone.localtime(at).date(),
        title=submission.title,
        source_kind=SourceKind.SUBMISSION,
        source_id=submission.pk,
        part=part if fits else None,
        actor=actor,
    )


def _forward(submission: Submission, actor: User, note: str, at: datetime) -> None:
    MOVES.perform(
        obj=submission,
        action="forward",
        actor=actor,
        note=note,
        changes={"stage": (submission.stage and next_stage(submission)) or Stage.EDITOR, "updated_at": at},
        expected={"stage": submission.stage, "version": submission.version},
    )
    notices.to_reviewers(submission)


def _forget_prefetched(submission: Submission) -> None:
    """Reviews and revisions just changed; what was prefetched before is no longer true."""
    cached = getattr(submission, "_prefetched_objects_cache", {})
    for name in ("revisions", "reviews"):
        cached.pop(name, None)


# --- pictures ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def picture_add(
    *, submission: Submission, image: UploadedImage, actor: User, caption: str = "", inline: bool = False
) -> Picture:
    """Keep one re-encoded picture with the draft. `inline`: it stands in the text and not in the gallery."""
    current = Submission.objects.select_for_update().get(pk=submission.pk)
    _check_edit(current, actor)
    if current.pictures.count() >= MOST_PICTURES:
        raise EditRefused(
            _("A draft holds at most %(count)s pictures. Remove one first.") % {"count": MOST_PICTURES},
            code="many",
        )
    last = current.pictures.order_by("-order").values_list("order", flat=True).first() or 0
    picture = Picture(
        submission=current,
        caption=caption.strip()[:200],
        order=last + 1,
        inline=inline,
        width=image.width,
        height=image.height,
        sha256=image.sha256,
        uploaded_by=actor,
    )
    picture.image.save(str(image.name), image, save=False)
    picture.save()
    audit.record(actor=actor, action="picture_add", obj=current, changes={"picture": [None, picture.sha256]})
    return picture


@transaction.atomic
def picture_remove(*, submission: Submission, picture_id: int, actor: User) -> None:
    """Take a picture out of the gallery; those in the text go with the text."""
    _check_edit(Submission.objects.select_for_update().get(pk=submission.pk), actor)
    picture = submission.pictures.filter(pk=picture_id, inline=False).first()
    if picture is None:
        return
    audit.record(
        actor=actor, action="picture_remove", obj=submission, changes={"picture": [picture.sha256, None]}
    )
    stored, name = picture.image.storage, str(picture.image.name)
    picture.delete()
    transaction.on_commit(lambda: stored.delete(name), robust=True)


@transaction.atomic
def picture_describe(*, submission: Submission, captions: Mapping[int, str], actor: User) -> None:
    """Set captions by picture number; pictures of other drafts are left alone."""
    _check_edit(Submission.objects.select_for_update().get(pk=submission.pk), actor)
    for picture in submission.pictures.filter(pk__in=captions):
        caption = captions[picture.pk].strip()[:200]
        if caption != picture.caption:
            picture.caption = caption
            picture.save(update_fields=["caption"])
