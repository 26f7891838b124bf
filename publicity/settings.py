"""Settings. Everything that differs between machines comes from the environment; .env.example explains each name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from publicity import environment, sso, storage

BASE_DIR = Path(__file__).resolve().parent.parent
if (BASE_DIR / ".env").exists() and "PUBLICITY_NO_DOTENV" not in os.environ:
    environ.Env.read_env(BASE_DIR / ".env")

VAR_DIR = Path(os.environ.get("PUBLICITY_VAR") or BASE_DIR / "var").resolve()
VAR_DIR.mkdir(parents=True, exist_ok=True)

# --- what kind of machine this is ----------------------------------------------------------------------------
MODE = environment.choice("PUBLICITY_MODE", allowed=("local", "production"), default="local")
PRODUCTION = MODE == "production"
DEBUG = environment.boolean("DEBUG", default=False)
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("DEBUG must be off when PUBLICITY_MODE=production.")
SECRET_KEY = environment.secret_key("SECRET_KEY", folder=VAR_DIR)
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", default="" if PRODUCTION else "*")
if PRODUCTION and (not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS):
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must name the site's host names when PUBLICITY_MODE=production."
    )
CSRF_TRUSTED_ORIGINS = environment.words("CSRF_TRUSTED_ORIGINS")
SITE_URL = (os.environ.get("SITE_URL") or "http://127.0.0.1:8000").rstrip("/")

# --- the parts ------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "publicity.apps.PublicityConfig",
    "publicity.apps.WorkbenchAdminConfig",
    "rewards.apps.RewardsConfig",
    "media_outreach.outlets.apps.OutletsConfig",
    "correspondents.apps.CorrespondentsConfig",
    "plans.apps.PlansConfig",
    "hospital.apps.HospitalConfig",
    "toolkit.apps.ToolkitConfig",
    "rules.apps.AutodiscoverRulesConfig",
    "import_export",
    "simple_history",
    "ckeditor",
    "csp",
    "axes",
    "django_htmx",
    "template_partials",
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
]
MIDDLEWARE = [
    "toolkit.monitoring.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "toolkit.methods.MethodsMiddleware",
    "toolkit.headers.HeadersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "toolkit.audit.AuditMiddleware",
    "toolkit.refusals.RefusalsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hospital.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "publicity.urls"
WSGI_APPLICATION = "publicity.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "publicity.navigation.navigation",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- data -----------------------------------------------------------------------------------------------------
DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}")
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    if PRODUCTION and DATABASES["default"].get("PASSWORD") in {"postgres", "password", "123456", "changeme"}:
        raise ImproperlyConfigured("DATABASE_URL carries a default password; choose your own for production.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "/media/"
FILE_UPLOAD_PERMISSIONS = 0o640
# Behind nginx: the internal location that sends uploads once a view has said who may have them.
MEDIA_ACCEL_PREFIX = os.environ.get("MEDIA_ACCEL_PREFIX", "")

# --- people ---------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "hospital.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("staff_no", "name", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "hospital.account.validators.MixedOrLong"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "hospital.account.validators.NotCommonHere"},
]
# A password is changed at the latest after so many days; 0 leaves it to the person.
PASSWORD_MAX_DAYS = environment.integer("PASSWORD_MAX_DAYS", default=0)
# Finance, chiefs and administrators must set up an authenticator app.
REQUIRE_TOTP = environment.boolean("REQUIRE_TOTP", default=False)
# System, security and audit administrators are three people; without it an administrator does the first two.
SPLIT_ADMINISTRATORS = environment.boolean("SPLIT_ADMINISTRATORS", default=False)
# Without a request for so long a person signs in again; what they were writing is kept.
IDLE_MINUTES = environment.integer("IDLE_MINUTES", default=30, least=1)
# Encrypts phones, bank cards and second factors in the database.
FIELD_KEYS, FIELD_KEY_FILE = environment.field_keys("FIELD_KEYS", folder=VAR_DIR)
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "login"
SESSION_COOKIE_AGE = 60 * 60 * 12
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
# The form's field. Axes would look for the model's (staff_no), find nothing, and count per address alone.
AXES_USERNAME_FORM_FIELD = "username"
AXES_CLIENT_IP_CALLABLE = "toolkit.audit.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False

# A failure at the identity service is counted there; here it would lock a whole hospital out behind one address.
AXES_WHITELIST_CALLABLE = "hospital.account.lockout.is_identity_service"
SSO_BUTTONS: list[tuple[str, Any]] = []  # (name of an address, words on the button)
SSO_URLS: list[str] = []
OIDC_ISSUER = ""
OIDC_RP_CLIENT_ID = ""
OIDC_STAFF_NO_CLAIM = ""
LDAP_BIND_TEMPLATE = ""
vars().update(sso.settings_from(apps=INSTALLED_APPS, backends=AUTHENTICATION_BACKENDS, production=PRODUCTION))

# --- language and time ------------------------------------------------------------------------------------------
LANGUAGE_CODE = environment.choice("LANGUAGE_CODE", allowed=("zh-hans", "en"), default="zh-hans")
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = os.environ.get("TIME_ZONE") or "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = ["publicity.formats"]

# --- static files -----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a folder that is not there
# At home the files are found where they lie, so that two commands are enough; production runs collectstatic.
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

if (_S3 := storage.s3_options()) is not None:
    # Uploads in S3-type storage, so that several machines see the same files. Nothing in it is public.
    STORAGES["default"] = {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": _S3}

# --- Celery: it only carries nudges; what is due is in the database ------------------------------------------------
REDIS_URL = environment.redis_url("REDIS_URL")
BROKER_DIR = VAR_DIR / "broker"
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost//"
if REDIS_URL:
    # A person's request must not wait six seconds for a broker that is down: the sweeper catches up.
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {"max_retries": 0, "socket_connect_timeout": 2}
else:
    for _folder in ("queue", "control"):
        (BROKER_DIR / _folder).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
    }
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "tick": {"task": "publicity.tasks.tick", "schedule": 30.0, "options": {"expires": 25}}
}
# Which kinds of background jobs, beside their own, a person may open.
JOB_READERS = "publicity.permissions.readable_jobs"
JOB_LEASE_SECONDS = environment.integer("JOB_LEASE_SECONDS", default=60, least=5)

# --- what is kept --------------------------------------------------------------------------------------------------
AUDIT_KEEP_DAYS = environment.integer("AUDIT_KEEP_DAYS", default=180, least=180)
AUDIT_ARCHIVE_DIR = Path(os.environ.get("AUDIT_ARCHIVE_DIR") or VAR_DIR / "archive")
BACKUP_DIR = Path(os.environ.get("BACKUP_DIR") or VAR_DIR / "backups")
BACKUP_NIGHTLY = environment.boolean("BACKUP_NIGHTLY", default=True)
BACKUP_ENCRYPT = environment.boolean("BACKUP_ENCRYPT", default=False)
BACKUP_KEY_FILE = Path(os.environ.get("BACKUP_KEY_FILE") or VAR_DIR / "backup_key")

# --- mail -------------------------------------------------------------------------------------------------------
EMAIL_URL = os.environ.get("EMAIL_URL", "")
if EMAIL_URL:
    vars().update(environment.env.email_url_config(EMAIL_URL))
else:
    # Without a mail server every message is kept as a file, so that nothing is silently lost.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR_DIR / "mail"
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or "publicity@hospital.invalid"
EMAIL_TIMEOUT = 20

# --- limits of what comes in --------------------------------------------------------------------------------------
UPLOAD_IMAGE_MAX_BYTES = environment.integer("UPLOAD_IMAGE_MAX_MB", default=20, least=1) * 1024 * 1024
UPLOAD_FILE_MAX_BYTES = environment.integer("UPLOAD_FILE_MAX_MB", default=20, least=1) * 1024 * 1024
IMAGE_MAX_PIXELS = environment.integer("IMAGE_MAX_MEGAPIXELS", default=50, least=1) * 1_000_000
RICHTEXT_MAX_BYTES = environment.integer("RICHTEXT_MAX_KB", default=1024, least=10) * 1024
SHEET_SECONDS = environment.integer("SHEET_SECONDS", default=20, least=1)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_USE_TRANSACTIONS = True

# --- what goes out ------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "style-src": [SELF],
        "script-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "report-uri": ["/csp-report/"],
    }
}
TRUSTED_PROXY_COUNT = environment.integer("TRUSTED_PROXY_COUNT", default=0)
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
HTTPS = environment.boolean("HTTPS", default=PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Probes come to the address itself, without the proxy that speaks https.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz)$"]
if HTTPS:
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CSRF_FAILURE_VIEW = "publicity.errors.csrf_failure"

# --- the editor: asked for, out of support upstream, therefore behind one widget of ours (toolkit/richtext) --------
CKEDITOR_CONFIGS = {
    "default": {
        "language": "zh-cn",
        "extraPlugins": "uploadimage,divarea",
        "clipboard_handleImages": False,
        "removePlugins": "scayt,wsc,exportpdf,iframe,flash,forms",
        "toolbar": [
            ["Undo", "Redo"],
            ["Format"],
            ["Bold", "Italic", "RemoveFormat"],
            ["BulletedList", "NumberedList", "Blockquote"],
            ["Image", "Table", "Link", "Unlink"],
            ["Maximize"],
        ],
        "format_tags": "p;h2;h3;h4",
        "height": 360,
        "width": "100%",
        "versionCheck": False,
        "allowedContent": (
            "p h2 h3 h4 ul ol li blockquote strong em u s sub sup hr br table thead tbody tr figure figcaption;"
            "td th[colspan,rowspan]; a[!href]; img[!src,alt,width,height]"
        ),
    }
}
SILENCED_SYSTEM_CHECKS = ["ckeditor.W001"]

# --- for those who run it --------------------------------------------------------------------------------------------
# Which machines may read /metrics; without any there is no such page and nothing is counted.
METRICS_FROM = environment.networks("METRICS_FROM")
if METRICS_FROM:
    METRICS_DIR = Path(os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(VAR_DIR / "metrics")))
    METRICS_DIR.mkdir(parents=True, exist_ok=True)
# json: one object a line, without personal data (toolkit/monitoring/logs.py); plain: for reading along.
LOG_FORMAT = environment.choice(
    "LOG_FORMAT", allowed=("plain", "json"), default="json" if PRODUCTION else "plain"
)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "toolkit.monitoring.logs.JsonLines"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django.server": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "celery": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "toolkit.monitoring.requests": {"level": "INFO" if LOG_FORMAT == "json" else "WARNING"},
    },
}
