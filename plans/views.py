"""Pages of the annual plan: list, writing, quota table, submission. Leaders decide in the admin (plans/admin.py)."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from hospital.models import Department, User
from hospital.states import DepartmentKind
from plans.documents import document
from plans.forms import PlanCreateForm, PlanForm, QuotaUploadForm, SectionFormSet, written_sections
from plans.imports import (
    open_imports,
    quota_import_commit,
    quota_import_drop,
    quota_import_open,
    quota_import_revise,
)
from plans.models import Category, Plan, PlanApproval, QuotaImport
from plans.permissions import can_edit_plan, can_write_plans
from plans.previews import Preview, preview
from plans.revisions import freeze, is_intact
from plans.services import StaleVersion, plan_amend, plan_create, plan_move, plan_save
from plans.states import PLAN_MOVES, ImportState, PlanState, Verdict
from toolkit.csp import editor_csp


def user_of(request: HttpRequest) -> User:
    return cast(User, request.user)


def plan_for(request: HttpRequest, pk: int) -> Plan:
    plan: Plan = get_object_or_404(
        Plan.objects.visible_to(user_of(request)).select_related("created_by", "amends"), pk=pk
    )
    return plan


def writable_plan(request: HttpRequest, pk: int) -> Plan:
    plan = plan_for(request, pk)
    if not can_write_plans.test(request.user):
        raise PermissionDenied
    return plan


def tell(request: HttpRequest, error: ValidationError) -> None:
    messages.error(request, " ".join(error.messages))


@login_required
@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    plans = Plan.objects.visible_to(user_of(request)).select_related("created_by")
    context = {"plans": list(plans[:200]), "may_write": can_write_plans.test(request.user)}
    return render(request, "plans/list.html", context)


@login_required
def plan_new(request: HttpRequest) -> HttpResponse:
    if not can_write_plans.test(request.user):
        raise PermissionDenied
    form = PlanCreateForm(request.POST or None, initial={"year": timezone.localdate().year})
    if request.method == "POST" and form.is_valid():
        try:
            plan = plan_create(actor=user_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(
                request, _("The plan is begun. Write its sections, then attach the quota table.")
            )
            return redirect("plans:edit", pk=plan.pk)
    return render(request, "plans/new.html", {"form": form})


@login_required
@require_safe
def plan_detail(request: HttpRequest, pk: int) -> HttpResponse:
    plan = plan_for(request, pk)
    user = user_of(request)
    may_write = can_write_plans.test(user)
    context = {
        "plan": plan,
        "document": document(freeze(plan)),
        "revisions": list(plan.revisions.select_related("submitted_by")),
        "returned": latest_return(plan),
        "may_edit": can_edit_plan.test(user, plan),
        "may_write": may_write,
        "may_submit": PLAN_MOVES.can(obj=plan, action="submit", actor=user),
        "may_decide": PLAN_MOVES.can(obj=plan, action="approve", actor=user),
        "may_amend": may_write and plan.state == PlanState.APPROVED,
        "has_quotas": plan.quotas.exists(),
        "imports": open_imports(plan) if may_write else [],
        "stages": stages_of(plan),
    }
    return render(request, "plans/detail.html", context)


def latest_return(plan: Plan) -> PlanApproval | None:
    """The leader's reason, as long as the plan is returned."""
    if plan.state != PlanState.RETURNED:
        return None
    found = PlanApproval.objects.filter(revision__plan=plan, verdict=Verdict.RETURN)
    return found.select_related("actor").first()


def stages_of(plan: Plan) -> list[dict[str, Any]]:
    """The plan's way so far for the {% stages %} component, oldest first."""
    stages = [{"label": _("Begun"), "state": "done", "who": plan.created_by.name, "at": plan.created_at}]
    revisions = plan.revisions.select_related("submitted_by").prefetch_related("approvals__actor")
    for revision in reversed(list(revisions)):
        label = _("Submitted, revision %(number)s") % {"number": revision.number}
        stages.append(
            {"label": label, "state": "done", "who": revision.submitted_by.name, "at": revision.submitted_at}
        )
        for verdict in revision.approvals.all():
            stages.append(
                {
                    "label": verdict.get_verdict_display(),
                    "state": "done" if verdict.verdict == Verdict.APPROVE else "back",
                    "who": verdict.actor.name,
                    "at": verdict.at,
                    "note": verdict.note,
                }
            )
    if plan.state == PlanState.SUBMITTED:
        stages.append({"label": _("Waiting for a leader"), "state": "now"})
    return stages


@login_required
@require_safe
def plan_revision(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A submitted text as it was."""
    plan = plan_for(request, pk)
    revision = get_object_or_404(plan.revisions.select_related("submitted_by"), number=number)
    context = {
        "plan": plan,
        "revision": revision,
        "document": document(revision.body),
        "is_intact": is_intact(revision),
    }
    return render(request, "plans/revision.html", context)


@login_required
@editor_csp
def plan_edit(request: HttpRequest, pk: int) -> HttpResponse:
    plan = writable_plan(request, pk)
    if not plan.is_open:
        messages.warning(request, _("The plan is submitted or in force and can't be changed."))
        return redirect("plans:detail", pk=pk)
    if request.method != "POST":
        return render(request, "plans/edit.html", edit_context(plan))
    form = PlanForm(request.POST)
    sections = SectionFormSet(request.POST, prefix="sections")
    if form.is_valid() and sections.is_valid():
        fields = dict(form.cleaned_data)
        version = fields.pop("version")
        try:
            plan_save(
                plan=plan,
                version=version,
                fields=fields,
                sections=written_sections(sections),
                actor=user_of(request),
            )
        except StaleVersion as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("plans:edit" if "more" in request.POST else "plans:detail", pk=pk)
    context = {"plan": plan, "form": form, "sections": sections}
    return render(request, "plans/edit.html", context)


def edit_context(plan: Plan) -> dict[str, Any]:
    fields = {name: getattr(plan, name) for name in ("title", "number", "guiding_idea", "version")}
    sections = [
        {"order": order * 10, "heading": section.heading, "body": section.body}
        for order, section in enumerate(plan.sections.all(), 1)
    ]
    formset = SectionFormSet(initial=sections, prefix="sections")
    return {"plan": plan, "form": PlanForm(initial=fields), "sections": formset}


@login_required
@require_POST
def plan_submit(request: HttpRequest, pk: int) -> HttpResponse:
    plan = writable_plan(request, pk)
    try:
        plan_move(plan=plan, action="submit", actor=user_of(request))
    except ValidationError as error:
        tell(request, error)
    else:
        messages.success(request, _("Submitted. The leaders have been told."))
    return redirect("plans:detail", pk=pk)


@login_required
@require_POST
def plan_amend_view(request: HttpRequest, pk: int) -> HttpResponse:
    plan = writable_plan(request, pk)
    try:
        copy = plan_amend(plan=plan, actor=user_of(request))
    except ValidationError as error:
        tell(request, error)
        return redirect("plans:detail", pk=pk)
    messages.success(
        request, _("This is the amendment. The plan in force goes on until a leader approves this one.")
    )
    return redirect("plans:edit", pk=copy.pk)


# --- the quota table -----------------------------------------------------------------------------------------------


@login_required
def quota_upload(request: HttpRequest, pk: int) -> HttpResponse:
    plan = writable_plan(request, pk)
    form = QuotaUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload = cast(UploadedFile, form.cleaned_data["file"])
        try:
            opened = quota_import_open(plan=plan, upload=upload, actor=user_of(request))
        except ValidationError as error:
            form.add_error("file", error.messages)
        else:
            return redirect("plans:import_preview", pk=opened.pk)
    context = {"plan": plan, "form": form, "imports": open_imports(plan)}
    return render(request, "plans/import.html", context)


def import_for(request: HttpRequest, pk: int) -> QuotaImport:
    visible = Plan.objects.visible_to(user_of(request))
    found: QuotaImport = get_object_or_404(
        QuotaImport.objects.select_related("plan"), pk=pk, plan__in=visible
    )
    if not can_write_plans.test(request.user):
        raise PermissionDenied
    return found


@login_required
def quota_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """What was read, problem by problem. "check" keeps the corrections, "confirm" also takes everything in."""
    quota_import = import_for(request, pk)
    if quota_import.state != ImportState.OPEN:
        messages.info(request, _("This table was dealt with already."))
        return redirect("plans:detail", pk=quota_import.plan_id)
    error = ""
    if request.method == "POST":
        quota_import_revise(quota_import=quota_import, data=request.POST)
        if request.POST.get("do") != "confirm":
            return redirect("plans:import_preview", pk=pk)
        error = take_in(request, quota_import)
        if not error:
            return redirect("plans:detail", pk=quota_import.plan_id)
    context = preview_context(quota_import, preview(quota_import), error)
    return render(request, "plans/preview.html", context)


def take_in(request: HttpRequest, quota_import: QuotaImport) -> str:
    """Empty when it worked, else the sentence for the page."""
    try:
        quotas = quota_import_commit(
            quota_import=quota_import,
            actor=user_of(request),
            acknowledged=request.POST.getlist("acknowledged"),
        )
    except ValidationError as error:
        return " ".join(error.messages)
    messages.success(request, _("%(count)s targets taken in.") % {"count": len(quotas)})
    return ""


def preview_context(quota_import: QuotaImport, shown: Preview, error: str) -> dict[str, Any]:
    problems = {problem.index for problem in shown.problems}
    rows = quota_import.reading["tables"][shown.chosen]["rows"] if shown.chosen is not None else []
    return {
        "quota_import": quota_import,
        "plan": quota_import.plan,
        "preview": shown,
        "error": error,
        "left_out": [(index, row) for index, row in enumerate(rows) if row[4] and index not in problems],
        "marked": [
            (index, rows[index], [x for x in shown.problems if x.index == index])
            for index in sorted(problems)
        ],
        "departments": Department.objects.all() if shown.departments else [],
        "categories": Category.objects.active() if shown.categories else [],
        "kinds": DepartmentKind.choices,
    }


@login_required
@require_POST
def quota_drop(request: HttpRequest, pk: int) -> HttpResponse:
    quota_import = import_for(request, pk)
    try:
        quota_import_drop(quota_import=quota_import, actor=user_of(request))
    except ValidationError as error:
        tell(request, error)
    else:
        messages.success(request, _("The upload was dropped; the plan's quotas are as they were."))
    return redirect("plans:detail", pk=quota_import.plan_id)
