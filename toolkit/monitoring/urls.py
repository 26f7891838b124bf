from django.urls import path

from toolkit.monitoring import views

urlpatterns = [
    path("healthz", views.alive, name="alive"),
    path("readyz", views.ready, name="ready"),
    path("metrics", views.metrics_page, name="metrics"),
]
