"""Leaders approve or return plans in the Django admin, administrators keep the categories. Nobody edits plans here."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_protect

from hospital.models import User
from hospital.permissions import is_leader
from plans.documents import document
from plans.forms import CategoryForm, DecisionForm
from plans.models import Category, Plan, PlanRevision, QuotaItem
from plans.revisions import Comparison, compare, freeze, is_intact, last_approved, last_submitted
from plans.services import plan_move
from plans.states import PLAN_MOVES, PlanState
from plans.views import stages_of


class ReadOnlyAdmin(admin.ModelAdmin):
    """Seen, not touched."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AwaitingFilter(admin.SimpleListFilter):
    """Opens with what waits for the leader; "all" is one click away."""

    title = gettext_lazy("state")
    parameter_name = "which"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("waiting", gettext_lazy("Awaiting my approval")),
            ("in_force", gettext_lazy("In force")),
            ("all", gettext_lazy("All")),
        ]

    def choices(self, changelist: Any) -> Any:
        chosen = self.value() or "waiting"
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": chosen == value, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        which = self.value() or "waiting"
        if which == "waiting":
            return queryset.filter(state=PlanState.SUBMITTED)
        return queryset.filter(state=PlanState.APPROVED) if which == "in_force" else queryset


@admin.register(Plan)
class PlanAdmin(ReadOnlyAdmin):
    list_display = ("title", "year", "state", "created_by", "submitted_at", "approved_at")
    list_filter = (AwaitingFilter,)
    list_select_related = ("created_by",)
    search_fields = ("title", "number")
    search_help_text = gettext_lazy("Title or document number")
    ordering = ("-year", "-pk")
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    change_form_template = "admin/plans/plan/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Plan]:
        return cast("QuerySet[Plan]", Plan.objects.visible_to(cast(User, request.user)))

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_view)
        return [path("<int:pk>/decide/", decide, name="plans_plan_decide"), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        title = {"title": self.opts.verbose_name_plural}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The document, what changed, the history, and the leader's panel."""
        plan = self.get_object(request, object_id)
        if plan is None:
            raise Http404
        if not self.has_view_permission(request, plan):
            raise PermissionDenied
        return self._page(request, cast(Plan, plan), DecisionForm())

    @method_decorator(csrf_protect)
    def decide_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Approve or return; POST only. Whoever comes second is told who was first."""
        plan = cast("Plan | None", self.get_object(request, str(pk)))
        if plan is None or request.method != "POST":
            raise Http404
        if not (self.has_view_permission(request, plan) and is_leader.test(request.user)):
            raise PermissionDenied
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._page(request, plan, form)
        decision = form.cleaned_data
        try:
            plan_move(
                plan=plan,
                action=decision["action"],
                actor=cast(User, request.user),
                note=decision["note"],
                revision=decision["revision"],
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(reverse("admin:plans_plan_change", args=[pk]))
        approved = decision["action"] == "approve"
        done = (
            _("The plan is approved and in force.") if approved else _("The plan was returned to the office.")
        )
        messages.success(request, done)
        return HttpResponseRedirect(reverse("admin:plans_plan_change", args=[pk]))

    def _page(self, request: HttpRequest, plan: Plan, form: DecisionForm) -> HttpResponse:
        revision = plan.revisions.select_related("plan", "submitted_by").first()
        body = revision.body if revision else freeze(plan)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Approval: %(plan)s") % {"plan": plan.title},
            "plan": plan,
            "revision": revision,
            "is_intact": revision is None or is_intact(revision),
            "document": document(body),
            "form": form,
            "stages": stages_of(plan),
            "may_decide": PLAN_MOVES.can(obj=plan, action="approve", actor=request.user),
            "own_plan": plan.state == PlanState.SUBMITTED and plan.created_by_id == request.user.pk,
            "outcome": outcome(plan, body),
            **comparisons(request, revision),
        }
        return TemplateResponse(request, self.change_form_template, context)


def comparisons(request: HttpRequest, revision: PlanRevision | None) -> dict[str, Any]:
    """The views of the document: against the last approved text, against the last submitted one, and in full."""
    if revision is None:
        return {"views": [], "view": "full", "comparison": None}
    found: dict[str, tuple[str, Comparison]] = {}
    for name, label, base in (
        ("approved", _("Against the last approved"), last_approved(revision)),
        ("submitted", _("Against the last submitted"), last_submitted(revision)),
    ):
        if base is not None:
            found[name] = (label, compare(base.body, revision.body, guiding_idea=_("Guiding idea")))
    wanted = request.GET.get("view", "")
    # What changed comes first while there is something to decide; a decided plan is read as a whole.
    first = next(iter(found), "full") if revision.plan.state == PlanState.SUBMITTED else "full"
    view = wanted if wanted in found or wanted == "full" else first
    views = [
        {
            "name": name,
            "label": _("%(view)s (%(count)s changes)") % {"view": label, "count": comparison.changes},
            "active": name == view,
        }
        for name, (label, comparison) in found.items()
    ]
    views.append({"name": "full", "label": _("Full text, as printed"), "active": view == "full"})
    return {"views": views, "view": view, "comparison": found[view][1] if view in found else None}


def outcome(plan: Plan, body: dict[str, Any]) -> list[str]:
    """What approval will do, in sentences."""
    tops = [quota for quota in body["quotas"] if not quota["label"]]
    departments = len({quota["department"] for quota in tops})
    totals = document(body).totals
    sentences = [
        _("%(count)s departments get new targets: %(totals)s.")
        % {"count": departments, "totals": "、".join(totals)},
        _("The heads of these departments and the publicity office are told."),
    ]
    if plan.amends_id:
        sentences.append(_("The plan in force so far is archived and can still be read."))
    return sentences


@admin.register(Category)
class CategoryAdmin(admin.ModelAdmin):
    list_display = ("name", "unit", "counts", "for_drafts", "needs_supervisor", "order", "is_active")
    list_filter = ("counts", "is_active")
    search_fields = ("name",)
    fields = (
        "name", "code", "unit", "counts", "levels", "media", "for_drafts", "needs_supervisor", "order", "is_active",
    )  # fmt: skip

    form = CategoryForm

    def has_delete_permission(self, request: HttpRequest, obj: Category | None = None) -> bool:
        """A category in use can't go; it is switched off instead."""
        in_use = obj is not None and (obj.quotas.exists() or obj.deliveries.exists())
        return not in_use and super().has_delete_permission(request, obj)


@admin.register(QuotaItem)
class QuotaItemAdmin(ReadOnlyAdmin):
    list_display = ("department", "category", "label", "target", "period", "plan")
    list_filter = ("plan", "category", "period")
    list_select_related = ("department", "category", "plan", "parent")
    search_fields = ("department__name", "label")
    list_per_page = 100
