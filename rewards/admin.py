"""The reward scheme in the Django admin: a draft can be typed and issued; what is issued is read-only."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from hospital.models import User
from rewards.models import Exemption, Rule, SchemeVersion, ShortfallRate
from rewards.regulation import SchemeRefused
from rewards.schemes import scheme_issue
from rewards.states import VersionState
from toolkit import audit


def is_issued(obj: Model | None) -> bool:
    return isinstance(obj, SchemeVersion) and obj.state == VersionState.IN_FORCE


class _OfAVersion(admin.TabularInline):
    """Rows of a version: open as long as the version is a draft."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_issued(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_issued(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not is_issued(obj) and super().has_delete_permission(request, obj)


class RuleInline(_OfAVersion):
    model = Rule


class ExemptionInline(_OfAVersion):
    model = Exemption


class ShortfallRateInline(_OfAVersion):
    model = ShortfallRate

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only this version's own rules correspond to its categories."""
        if db_field.name == "rule" and request.resolver_match:
            version = request.resolver_match.kwargs.get("object_id")
            kwargs["queryset"] = Rule.objects.filter(version=version) if version else Rule.objects.none()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(SchemeVersion)
class SchemeVersionAdmin(admin.ModelAdmin):
    list_display = ("__str__", "document_number", "effective_from", "state")
    list_filter = ("state",)
    readonly_fields = ("state",)
    inlines = [RuleInline, ExemptionInline, ShortfallRateInline]
    actions = ["issue"]

    def has_change_permission(self, request: HttpRequest, obj: SchemeVersion | None = None) -> bool:
        return not is_issued(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: SchemeVersion | None = None) -> bool:
        return not is_issued(obj) and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Without the bulk deletion, which asks nobody whether a version is issued."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def save_model(self, request: HttpRequest, obj: SchemeVersion, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        audit.record(actor=request.user, action="change" if change else "create", obj=obj)

    @admin.action(description=_("Issue the chosen drafts"), permissions=["change"])
    def issue(self, request: HttpRequest, versions: QuerySet[SchemeVersion]) -> None:
        for version in versions:
            try:
                scheme_issue(version=version, actor=cast(User, request.user))
                messages.success(request, _now("%(version)s is issued.") % {"version": version})
            except SchemeRefused as refused:
                messages.error(request, " ".join(refused.messages))
