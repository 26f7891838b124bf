"""A real CAS server (django-cas-server) as a project of its own: `python -m tests.sso.cas_server FOLDER PORT`."""

import sys
from pathlib import Path

import django
from django.conf import settings

FOLDER, PORT = Path(sys.argv[1]), sys.argv[2]
PEOPLE = ("0231", "9999", "0232")
PASSWORD = "Cas-Tulip-2026"

settings.configure(
    DEBUG=False,
    SECRET_KEY="only for this test " * 4,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": FOLDER / "cas.sqlite3"}},
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
        "django.contrib.admin",
        "cas_server",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
    STATIC_URL="/static/",
    # Cookies know no ports: the product has the same address.
    SESSION_COOKIE_NAME="cas_session",
    CSRF_COOKIE_NAME="cas_csrf",
    CAS_NEW_VERSION_HTML_WARNING=False,
    CAS_NEW_VERSION_EMAIL_WARNING=False,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    USE_TZ=True,
)
django.setup()

from django.urls import include, path  # noqa: E402  the apps have to be there first

urlpatterns = [path("cas/", include("cas_server.urls", namespace="cas_server"))]


def main() -> None:
    from cas_server.models import ServicePattern
    from django.contrib.auth.models import User
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for name in PEOPLE:
        User.objects.create_user(name, password=PASSWORD)
    ServicePattern.objects.create(pos=1, name="all", pattern=r"^http://127\.0\.0\.1:", user_field="")
    call_command("runserver", f"127.0.0.1:{PORT}", use_reloader=False)


if __name__ == "__main__":
    main()
