"""The roof: settings, urls, celery, dashboard, reports."""

from publicity.celery import app as celery_app

__all__ = ["celery_app"]
