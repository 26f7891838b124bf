"""Every address of the site. Uploaded files have no folder of their own: a view asks who reads each."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.urls import include, path
from django.views.generic import RedirectView

from hospital.account import views as account_views
from publicity import sso, views
from publicity.forms import SignInForm
from toolkit import headers

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("", include("hospital.urls")),
    path("", include("plans.urls")),
    path("", include("correspondents.urls")),
    path("", include("media_outreach.outlets.urls")),
    path("", include("rewards.urls")),
    path("jobs/", include("toolkit.urls")),
    path("", include("toolkit.monitoring.urls")),
    path("reports/", views.reports, name="reports"),
    path("audit/", views.audit_trail, name="audit"),
    path("audit/export/", views.audit_export, name="audit_export"),
    path(
        "login/",
        account_views.SignInView.as_view(authentication_form=SignInForm),
        name="login",
    ),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("password/", account_views.PasswordView.as_view(), name="password_change"),
    path("password/done/", auth_views.PasswordChangeDoneView.as_view(), name="password_change_done"),
    *sso.urls(settings.SSO_URLS),
    path("csp-report/", headers.csp_report, name="csp_report"),
    path("admin/", admin.site.urls),
    # Browsers ask for it beside every file that is no page.
    path("favicon.ico", RedirectView.as_view(url=f"{settings.STATIC_URL}img/mark.svg"), name="favicon"),
]
