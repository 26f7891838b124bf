"""People and departments in the Django admin: kept by administrators, imported from .xlsx with a preview."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from hospital.account.admin import AccountAdminMixin
from hospital.forms import PersonForm
from hospital.import_pages import SheetImportMixin
from hospital.imports import (
    DepartmentsResource,
    DepartmentsSheet,
    PeopleResource,
    PeopleSheet,
    set_roles,
)
from hospital.models import Department, RoleGrant, User
from hospital.passwords import one_time_password_set
from toolkit import audit

MOST_PASSWORDS = 200


class AuditedAdmin(admin.ModelAdmin):
    """Every change made here is in the audit trail, with what it was before."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        names = [name for name in form.changed_data if name in {field.name for field in obj._meta.fields}]
        before = type(obj)._default_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        changes = {name: [getattr(before, name, None), getattr(obj, name)] for name in names}
        if "phone" in changes:
            changes["phone"] = [getattr(before, "masked_phone", ""), obj.masked_phone]
        audit.record(actor=request.user, action="change" if change else "create", obj=obj, changes=changes)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        audit.record(actor=request.user, action="delete", obj=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            audit.record(actor=request.user, action="delete", obj=obj)
        super().delete_queryset(request, queryset)


@admin.register(User)
class UserAdmin(AccountAdminMixin, SheetImportMixin, AuditedAdmin):
    resource_classes = [PeopleResource]
    sheet = PeopleSheet
    form = PersonForm
    list_display = ["staff_no", "called", "department", "role_words", "title", "shown_phone", "on_staff"]
    list_display_links = ["staff_no", "called"]
    list_filter = ["is_active", "role_grants__role", "department"]
    list_select_related = ["department"]
    list_per_page = 50
    search_fields = ["staff_no", "name"]
    ordering = ["staff_no"]
    show_full_result_count = False
    actions = ["give_one_time_passwords", "lift_lockout", "reset_second_factor", "sign_out_everywhere"]
    fieldsets = [
        (None, {"fields": ["staff_no", "name", "department", "held_roles", "is_active"]}),
        (
            gettext_lazy("Professional title and contact"),
            {"fields": ["title", "is_senior", "phone", "email"]},
        ),
        (gettext_lazy("Signing in"), {"fields": ["new_password"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).prefetch_related("role_grants")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.acting = request.user  # see PersonForm
        return form

    @admin.display(description=gettext_lazy("Name of the person"), ordering="name")
    def called(self, person: User) -> str:
        return person.name

    @admin.display(description=gettext_lazy("On the staff"), boolean=True, ordering="is_active")
    def on_staff(self, person: User) -> bool:
        return person.is_active

    @admin.display(description=gettext_lazy("roles"))
    def role_words(self, person: User) -> str:
        return "、".join(grant.get_role_display() for grant in person.role_grants.all())

    @admin.display(description=gettext_lazy("phone"))
    def shown_phone(self, person: User) -> str:
        return person.masked_phone

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People who leave are deactivated: what they wrote and earned keeps their name."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("new_password"):
            audit.record(actor=request.user, action="set_password", obj=obj)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "held_roles" not in form.cleaned_data:
            return  # not theirs to give, so not in the form
        person, chosen = form.instance, form.cleaned_data["held_roles"]
        before = set(RoleGrant.objects.filter(user=person).values_list("role", flat=True))
        if before != chosen:
            set_roles(person, chosen)
            audit.record(
                actor=request.user,
                action="change",
                obj=person,
                changes={"roles": [sorted(before), sorted(chosen)]},
            )

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """The form shows the phone in full, and each full read is on record."""
        response = super().change_view(request, object_id, *args, **kwargs)
        person = self.get_object(request, object_id)
        if request.method == "GET" and response.status_code == 200 and person is not None and person.phone:
            audit.record(actor=request.user, action="read_phone", obj=person)
        return response

    @admin.action(description=gettext_lazy("Give a one-time password"), permissions=["accounts"])
    def give_one_time_passwords(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """First asks, then sets and shows them; they can't be shown again."""
        people = list(queryset.filter(is_active=True).select_related("department")[: MOST_PASSWORDS + 1])
        if not people or len(people) > MOST_PASSWORDS:
            sentence = _("Please choose between 1 and %(most)s active people.") % {"most": MOST_PASSWORDS}
            self.message_user(request, sentence, messages.ERROR)
            return None
        confirmed = "confirm" in request.POST
        rows = [
            (person, one_time_password_set(person=person, actor=request.user) if confirmed else "")  # type: ignore[arg-type]  # behind the admin's own sign-in
            for person in people
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": _("One-time passwords"),
            "opts": self.opts,
            "rows": rows,
            "confirmed": confirmed,
        }
        response = TemplateResponse(request, "admin/hospital/one_time_passwords.html", context)
        response["Cache-Control"] = "no-store"
        return response


@admin.register(Department)
class DepartmentAdmin(SheetImportMixin, AuditedAdmin):
    resource_classes = [DepartmentsResource]
    sheet = DepartmentsSheet
    list_display = ["code", "name", "kind", "head", "supervisor", "is_active"]
    list_display_links = ["code", "name"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["head", "supervisor"]
    list_per_page = 100
    search_fields = ["code", "name"]
    autocomplete_fields = ["head", "supervisor"]
    fields = ["code", "name", "kind", "head", "supervisor", "order", "is_active"]
    ordering = ["order", "code"]
    show_full_result_count = False
