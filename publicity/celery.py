"""The Celery application. Messages are only nudges: every task reloads its row and is safe to run twice."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publicity.settings")

app = Celery("publicity")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
