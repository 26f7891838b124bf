"""The product's own settings on a data folder of the test run's own. Nothing here changes how the product behaves."""

import os

from tests import servers

os.environ["PUBLICITY_NO_DOTENV"] = "1"
# Each process of pytest-xdist has its own folder, so that its Celery messages and mails are its own.
_process = os.environ.get("PYTEST_XDIST_WORKER", "main")
os.environ["PUBLICITY_VAR"] = str(servers.private_folder() / _process)
servers.start_wanted()

from publicity.settings import *  # noqa: E402, F403  the environment above has to be in place first
from publicity.settings import DATABASES, REDIS_URL, VAR_DIR  # noqa: E402

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, as in the product: pages served from another thread and worker processes see the same data.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 0

if REDIS_URL and _process.startswith("gw"):
    # One numbered Valkey database for each process; a server has sixteen.
    REDIS_URL = CELERY_BROKER_URL = f"{REDIS_URL.rsplit('/', 1)[0]}/{int(_process[2:]) % 16}"

# Hashing passwords slowly is the product's business, not the tests'.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# Look a static file up when it is asked for: listing all of them anew for each Client() took most of the run's time.
WHITENOISE_AUTOREFRESH = True
