from django.urls import path

from media_outreach.outlets import outlet_views, views

app_name = "outlets"
urlpatterns = [
    path("placements/", views.placement_list, name="list"),
    path("placements/export/", views.placement_export, name="export"),
    path("placements/new/", views.placement_new, name="new"),
    path("placements/<int:pk>/", views.placement_detail, name="detail"),
    path("placements/<int:pk>/move/", views.placement_action, name="move"),
    path("placements/<int:pk>/evidence/", views.evidence_new, name="evidence_new"),
    path("placements/evidence/<uuid:key>/", views.evidence_file, name="evidence"),
    path("outlets/", outlet_views.outlet_list, name="outlet_list"),
    path("outlets/new/", outlet_views.outlet_edit, name="outlet_new"),
    path("outlets/<int:pk>/", outlet_views.outlet_edit, name="outlet_edit"),
    path("outlets/<int:pk>/delete/", outlet_views.outlet_remove, name="outlet_delete"),
]
