"""What an administrator of accounts does for people in the admin: passwords, second factors, lockouts, sign-ins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axes.utils import reset
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from hospital.account import second_factor, sessions
from hospital.models import User
from toolkit import audit

ACCOUNT_FIELDS = ("held_roles", "new_password")


class AccountAdminMixin(admin.ModelAdmin):
    """Splits the page of a person where the hospital splits its administrators.

    Whoever keeps people but not accounts doesn't see roles and passwords; whoever keeps accounts but not people sees
    everything else without changing it.
    """

    def has_accounts_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("hospital.keep_accounts")

    def has_people_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("hospital.keep_people")

    def has_import_permission(self, request: HttpRequest) -> bool:
        return self.has_people_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if self.has_accounts_permission(request):
            return fieldsets
        kept = [
            (title, {**options, "fields": [name for name in options["fields"] if name not in ACCOUNT_FIELDS]})
            for title, options in fieldsets
        ]
        return [(title, options) for title, options in kept if options["fields"]]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_people_permission(request):
            return super().get_readonly_fields(request, obj)
        return [
            name
            for _name, options in super().get_fieldsets(request, obj)
            for name in options["fields"]
            if name not in ACCOUNT_FIELDS
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if not self.has_accounts_permission(request):
            # A field that isn't shown would arrive empty and take every role away.
            for name in ACCOUNT_FIELDS:
                form.base_fields.pop(name, None)
        return form

    @admin.action(description=gettext_lazy("Reset the authenticator app"), permissions=["accounts"])
    def reset_second_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._for_each(
            request, queryset, lambda person: second_factor.remove(user=person, actor=_me(request))
        )

    @admin.action(description=gettext_lazy("Lift the lockout"), permissions=["accounts"])
    def lift_lockout(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._for_each(request, queryset, lambda person: lockout_lift(person=person, actor=_me(request)))

    @admin.action(description=gettext_lazy("Sign out of every browser"), permissions=["accounts"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._for_each(request, queryset, lambda person: sessions.sign_out(user=person, actor=_me(request)))

    def _for_each(self, request: HttpRequest, queryset: QuerySet[User], call: Callable[[User], Any]) -> None:
        count = sum(bool(call(person)) for person in queryset)
        sentence = ngettext("Done for %(count)s person.", "Done for %(count)s people.", count)
        self.message_user(request, sentence % {"count": count}, messages.SUCCESS)


def lockout_lift(*, person: User, actor: User) -> bool:
    """Forget the wrong passwords and codes of this person; False when there were none."""
    wrong = reset(username=person.staff_no)
    wrong += second_factor.unblock(person)
    if wrong:
        audit.record(actor=actor, action="lift_lockout", obj=person)
    return bool(wrong)


def _me(request: Any) -> User:
    user: User = request.user
    return user
