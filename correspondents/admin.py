"""通讯员名单 in the admin. Drafts have their own pages and aren't edited here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from correspondents.models import Appointment
from toolkit import audit


@admin.register(Appointment)
class AppointmentAdmin(admin.ModelAdmin):
    list_display = ["person", "department", "starts_on", "ends_on"]
    list_filter = ["department"]
    list_select_related = ["person", "department"]
    search_fields = ["person__name", "person__staff_no", "department__name"]
    autocomplete_fields = ["person", "department"]
    date_hierarchy = "starts_on"

    def save_model(self, request: HttpRequest, obj: Appointment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        changes = {name: [None, getattr(obj, name)] for name in form.changed_data}
        action = "appointment_change" if change else "appointment_add"
        audit.record(actor=request.user, action=action, obj=obj, changes=changes)

    def delete_model(self, request: HttpRequest, obj: Appointment) -> None:
        audit.record(actor=request.user, action="appointment_delete", obj=obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Appointment]) -> None:
        for appointment in queryset:
            self.delete_model(request, appointment)
