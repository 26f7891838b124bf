"""The product's addresses, and beside them what its pages are compared with: a bare view and Django's own admin."""

from __future__ import annotations

from django.contrib.admin import AdminSite, ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from correspondents.models import Submission
from hospital.models import Notification
from media_outreach.outlets.models import Placement
from plans.models import Delivery
from publicity.urls import urlpatterns as product
from rewards.models import Entry
from toolkit.models import AuditEvent

PAGE = 50
# What a person would register without further thought: the columns our own list shows, fifty rows a page.
LISTS = {
    Submission: ["title", "category", "department", "created_by", "state", "stage", "updated_at"],
    Placement: ["headline", "outlet", "department", "published_on", "state"],
    Delivery: ["title", "category", "department", "person", "happened_on"],
    Entry: ["title", "person", "department", "rule", "amount_fen", "happened_on"],
    Notification: ["title", "recipient", "created_at", "read_at"],
    AuditEvent: ["at", "actor", "action", "object_label"],
}


def bare(request: HttpRequest) -> HttpResponse:
    """What the middleware alone costs."""
    return HttpResponse("ok")


site = AdminSite(name="bench_admin")
for model, columns in LISTS.items():
    attributes = {"list_display": columns, "list_per_page": PAGE}
    site.register(model, type(f"{model.__name__}Bench", (ModelAdmin,), attributes))

urlpatterns = [*product, path("bench/bare/", bare), path("bench/admin/", site.urls)]
