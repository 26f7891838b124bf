from django.urls import path

from plans import matrix_views, views

app_name = "plans"
urlpatterns = [
    path("plans/", views.plan_list, name="list"),
    path("plans/new/", views.plan_new, name="new"),
    path("plans/<int:pk>/", views.plan_detail, name="detail"),
    path("plans/<int:pk>/edit/", views.plan_edit, name="edit"),
    path("plans/<int:pk>/submit/", views.plan_submit, name="submit"),
    path("plans/<int:pk>/amend/", views.plan_amend_view, name="amend"),
    path("plans/<int:pk>/import/", views.quota_upload, name="import"),
    path("plans/<int:pk>/revisions/<int:number>/", views.plan_revision, name="revision"),
    path("plans/imports/<int:pk>/", views.quota_preview, name="import_preview"),
    path("plans/imports/<int:pk>/drop/", views.quota_drop, name="import_drop"),
    path("matrix/", matrix_views.matrix_page, name="matrix"),
    path("matrix/cell/", matrix_views.cell_page, name="cell"),
    path("matrix/export/", matrix_views.matrix_export, name="export"),
    path("matrix/remind/", matrix_views.remind, name="remind"),
    path("matrix/log/", matrix_views.log_delivery, name="log"),
    path("matrix/pieces/<int:pk>/take-back/", matrix_views.take_back, name="take_back"),
]
