"""The request of a view behind ``login_required``, for the type checker."""

from django.http import HttpRequest

from hospital.models import User


class StaffRequest(HttpRequest):
    """Its ``user`` is a person of the hospital, never an anonymous visitor."""

    user: User
