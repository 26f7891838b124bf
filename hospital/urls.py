from django.urls import include, path

from hospital import views

app_name = "hospital"
urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.notifications_read_all, name="notifications_read"),
    path("notifications/<int:pk>/", views.notification_open, name="notification_open"),
    path("", include("hospital.account.urls")),
]
