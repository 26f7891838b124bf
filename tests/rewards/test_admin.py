"""Schemes in the Django admin: a draft can be typed and issued, an issued one is only read."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from hospital.models import User
from rewards.models import Rule, SchemeVersion
from rewards.states import VersionState
from tests.factories import Cast
from tests.rewards.factories import load_scheme

LIST = "admin:rewards_schemeversion_changelist"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def change_page(version: SchemeVersion) -> str:
    return reverse("admin:rewards_schemeversion_change", args=[version.pk])


def test_an_issued_version_cannot_be_edited(cast: Cast) -> None:
    version = load_scheme()
    administrator = signed_in(cast.administrator)
    assert administrator.get(change_page(version)).status_code == 200
    assert administrator.post(change_page(version), {"name": "改名"}).status_code == 403
    delete = reverse("admin:rewards_schemeversion_delete", args=[version.pk])
    assert administrator.post(delete, {"post": "yes"}).status_code == 403
    assert SchemeVersion.objects.get().name == "新闻报道奖励办法"


def test_a_draft_is_issued_by_its_action(cast: Cast) -> None:
    draft = SchemeVersion.objects.create(name="新办法", number=5, effective_from="2026-09-01")
    Rule.objects.create(version=draft, order=1, amount_fen=6000)
    administrator = signed_in(cast.administrator)
    assert administrator.get(change_page(draft)).status_code == 200
    administrator.post(reverse(LIST), {"action": "issue", "_selected_action": [draft.pk]})
    draft.refresh_from_db()
    assert draft.state == VersionState.IN_FORCE


def test_leaders_who_come_for_plans_find_no_schemes_there(cast: Cast) -> None:
    version = load_scheme()
    leader = signed_in(cast.leader)
    assert leader.get(reverse(LIST)).status_code == 403
    assert leader.get(change_page(version)).status_code == 403
