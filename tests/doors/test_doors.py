"""Every door of the site against the table: nobody gets in where the table doesn't say so, and no door is unlisted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from zipfile import BadZipFile, ZipFile

import pytest
from django.contrib import admin
from django.db import connection, transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.doors.addresses import address_of, form_of
from tests.doors.people import CARD, GROUPS, IN_REVIEW, NEVER_SUBMITTED, PHONE, PRIVATE_NOTICE, World
from tests.doors.table import ADMIN_ACTIONS, ADMIN_DOORS, DOORS, Line

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
LINES = DOORS + ADMIN_DOORS
REFUSED = frozenset({403, 404, 405, 401})
# Tables a refused request may still write: the session, when somebody was last seen, and the trail itself.
MAY_WRITE = re.compile(
    r"django_session|(INSERT INTO|UPDATE) .hospital_signin|toolkit_audit|axes_|SAVEPOINT", re.IGNORECASE
)
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)", re.IGNORECASE)
# Words that stand for a secret, who may read them, and the pages whose business is to name everything.
SECRETS = {
    NEVER_SUBMITTED: {"writer"},
    IN_REVIEW: {"writer", "head", "leader", "editor", "second_editor", "chief", "auditor"},
    PRIVATE_NOTICE: {"writer"},
    PHONE: set(),
    CARD: set(),
}
NAMES_EVERYTHING = {name: {"auditor", "administrator"} for name in ("audit", "audit_export")}
SHOWS_PHONES = {"admin:hospital_user_change": {"administrator", "security"}}


class _Undo(Exception):
    """Takes one request's changes back."""


def knock(world: World, who: str, method: str, url: str, data: Any = None, **headers: str) -> Any:
    """One request as this person; what it changed is undone, and the answer comes with what it wrote."""
    client = world_client(world, who)
    wrote: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if WRITES.match(sql) and not MAY_WRITE.search(sql[:60]):
            wrote.append(sql)
        return execute(sql, params, many, context)

    try:
        with transaction.atomic(), connection.execute_wrapper(watch):
            response = _send(client, method, url, data, headers)
            raise _Undo
    except _Undo:
        pass
    response.wrote = wrote
    return response


def _send(client: Client, method: str, url: str, data: Any, headers: dict[str, str]) -> Any:
    call = getattr(client, method.lower())
    response = call(url, data, headers=headers) if method in ("GET", "POST") else call(url, headers=headers)
    place = response.get("Location", "")
    if response.status_code == 302 and urlsplit(place).path == "/admin/login/" and url != place:
        response = client.get(place)
    response.text_read = readable(response)
    return response


def world_client(world: World, who: str) -> Client:
    client = Client(raise_request_exception=False)
    client.handler = world.rows["handler"]  # with its middleware loaded once
    if who != "stranger":
        # A copy: signing out in one request must not sign out the next.
        client.cookies = SimpleCookie(world.rows["cookies"][who])
    return client


def readable(response: HttpResponseBase) -> str:
    """The words of a page or of a workbook."""
    if response.status_code != 200:
        return ""
    content = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    if content.startswith(b"PK"):
        try:
            with ZipFile(BytesIO(content)) as book:
                content = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
        except BadZipFile:
            pass
    return content.decode("utf-8", "replace")


def expected(world: World, answers: str) -> dict[str, int]:
    """Person → status. Whoever isn't named gets the status of `*`, a stranger the sign-in page (0)."""
    everybody, result = list(world.people), {"stranger": 0}
    rest = None
    for part in answers.split(";"):
        status, names = part.split(":")
        code = 0 if status.strip() == "login" else int(status)
        for name in names.split():
            if name == "*":
                rest = code
            for person in GROUPS.get(name, (name,)):
                if person != "*":
                    assert person == "stranger" or person in world.people, person
                    result[person] = code
    for person in everybody:
        if person not in result:
            assert rest is not None, f"{answers} doesn't say what {person} gets"
            result[person] = rest
    return result


def status_of(response: Any) -> int:
    """0 for being sent to the sign-in page."""
    place = urlsplit(response.get("Location", "")).path
    return 0 if response.status_code == 302 and place == "/login/" else int(response.status_code)


def walk(patterns: Any = None, spaces: tuple[str, ...] = (), before: str = "") -> Iterator[tuple[str, str]]:
    """(name, route) of every address there is; those without a name get one from their route."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = (*spaces, pattern.namespace) if pattern.namespace else spaces
            yield from walk(pattern.url_patterns, inner, route)
        elif isinstance(pattern, URLPattern):
            yield ":".join((*spaces, pattern.name or _unnamed(route))), route


def _unnamed(route: str) -> str:
    parts = route.split("/")
    return (
        f"{parts[1]}_{parts[2]}_bare" if len(parts) > 3 and parts[-2] == "<path:object_id>" else "catch_all"
    )


def test_every_address_has_its_line() -> None:
    """A page somebody adds without saying who may open it fails here."""
    named, listed = {name for name, _route in walk()}, {line[0] for line in LINES}
    assert sorted(named - listed) == []
    assert sorted(listed - named) == []


def test_no_line_says_the_same_door_twice() -> None:
    doors = [line[:3] for line in LINES]
    assert len(doors) == len(set(doors))


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line[2]} {line[0]} {line[1]}")
def test_the_door_answers_as_the_table_says(world: World, line: Line) -> None:
    """Every person and a stranger; whoever is refused changes nothing, and nobody reads a secret."""
    name, place, method, answers = line
    wrong = []
    for who, status in expected(world, answers).items():
        url, data = address_of(world, name, place), form_of(world, name, place, method)
        response = knock(world, who, method, url, data)
        if status_of(response) != status:
            wrong.append(f"{who} gets {status_of(response)} instead of {status}")
        # Signing out ends at the sign-in page too; only a stranger was refused there.
        refused = status_of(response) in REFUSED or (status_of(response) == 0 and who == "stranger")
        if refused and response.wrote:
            wrong.append(f"{who} was refused and yet changed: {response.wrote[0][:90]}")
        wrong += [f"{who} reads {secret}" for secret in leaks(name, who, response.text_read)]
        if method == "GET" and status in (200, 403, 404):
            fragment = knock(world, who, method, url, data, **{"HX-Request": "true"})
            if status_of(fragment) not in {status, 286 if name == "jobs:detail" else status}:
                wrong.append(f"{who} gets {status_of(fragment)} as a fragment instead of {status}")
            wrong += [
                f"{who} reads {secret} in a fragment" for secret in leaks(name, who, fragment.text_read)
            ]
    assert not wrong, "; ".join(wrong)


def leaks(name: str, who: str, text: str) -> list[str]:
    exempt = who in NAMES_EVERYTHING.get(name, ()) or who in SHOWS_PHONES.get(name, ())
    return [] if exempt else [s for s, readers in SECRETS.items() if s in text and who not in readers]


PLACES = sorted({(line[0], line[1]) for line in LINES if line[1] not in ("no_number", "no_job", "no_key")})


@pytest.mark.parametrize("name, place", PLACES, ids=lambda value: value)
def test_methods_nobody_listed_are_refused(world: World, name: str, place: str) -> None:
    """A form can't be sent past its button with another method; the admin answers some, but changes nothing."""
    listed = {line[2] for line in LINES if line[0] == name}
    in_admin = name.startswith("admin:")
    for method in METHODS:
        if method in listed:
            continue
        loose = {200, 302} if in_admin else set()
        for who in ("stranger", "plain", "writer", "head", "leader", "chief", "finance", "administrator"):
            response = knock(world, who, method, address_of(world, name, place))
            status = status_of(response)
            allowed = REFUSED | {0} | loose
            assert status in allowed, f"{method} by {who}: {status}"
            assert response.wrote == [], f"{method} by {who} changed something"


POSTS = [
    line
    for line in LINES
    if line[2] == "POST" and line[0] not in ("login", "logout", "admin:logout", "favicon")
]


@pytest.mark.parametrize("line", POSTS, ids=lambda line: f"{line[0]} {line[1]}")
def test_no_form_is_taken_without_its_token(world: World, line: Line) -> None:
    """Another site can't press a button in the name of somebody who is signed in."""
    name, place, method, answers = line
    may = [who for who, status in expected(world, answers).items() if status in (200, 302)]
    for who in may[:1]:
        client = Client(enforce_csrf_checks=True)
        client.cookies = SimpleCookie(world.rows["cookies"][who])
        with transaction.atomic():
            response = client.post(address_of(world, name, place), form_of(world, name, place, method))
            transaction.set_rollback(True)
        assert response.status_code == 403


@pytest.mark.parametrize("who", ["stranger", "plain", "other_writer", "auditor", "chief", "administrator"])
def test_no_file_is_found_by_guessing_its_path(world: World, who: str) -> None:
    """Every stored file under every folder one might try, and the folders themselves."""
    database = str(connection.settings_dict["NAME"]).rpartition("/")[2]
    guesses = [
        f"{prefix}{path}" for path in world.files for prefix in ("/media/", "/static/", "/var/media/", "/")
    ]
    guesses += [
        "/media/", "/media/drafts/", "/media/evidence/", "/media/jobs/", "/media/payouts/", "/protected/",
        f"/static/../{database}", f"/static/%2e%2e/{database}", f"/media/%2e%2e/{database}", "/.env", "/var/",
        "/media/..%2f..%2fsecret_key", "/static/..%5c..%5csecret_key",
    ]  # fmt: skip
    for guess in guesses:
        # The address of a draft's picture is its path, and a view of its own: a stranger signs in first there.
        assert status_of(knock(world, who, "GET", guess)) in {404, 0 if who == "stranger" else 404}, guess


def test_a_door_that_asks_for_a_number_survives_a_strange_one(world: World) -> None:
    """No number, however long or odd, gives a person an error page of ours."""
    for number in ("0", "9" * 18, "9" * 19, "9" * 400, "%00", "１", "1.5", "-1", "1;drop", "1%0d%0aX-Bad: 1"):
        for route in ("/plans/{}/", "/drafts/{}/", "/review/{}/", "/placements/{}/", "/rewards/payouts/{}/",
                      "/rewards/entries/{}/", "/notifications/{}/", "/jobs/{}/", "/admin/plans/plan/{}/change/",
                      "/admin/hospital/user/{}/change/"):  # fmt: skip
            for who in ("writer", "chief", "administrator"):
                response = knock(world, who, "GET", route.format(number))
                assert response.status_code < 500, f"{route.format(number)} as {who}"
                assert "X-Bad" not in response.headers


def test_every_action_of_the_admin_is_listed() -> None:
    """A bulk action somebody adds without saying who may run it fails here."""
    listed = {(model, action) for model, _row, action, _who in ADMIN_ACTIONS}
    there = set()
    for model, its_admin in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        there |= {(name, action) for _function, action, _label in its_admin._get_base_actions()}
    assert there - listed <= {("rewards_schemeversion", "delete_selected")}  # taken away by get_actions
    assert listed <= there


@pytest.mark.parametrize("line", ADMIN_ACTIONS, ids=lambda line: f"{line[0]} {line[2]}")
def test_an_action_of_the_admin_works_only_for_whom_it_is_listed(world: World, line: Line) -> None:
    """Sent as the page would send it, confirmation included; everybody else changes nothing."""
    model, place, action, may = line
    number = world.places[place].get("object_id") or world.places[place]["pk"]
    form = {"action": action, "_selected_action": [number], "post": "yes", "confirm": "yes"}
    url = reverse(f"admin:{model}_changelist")
    did = {who for who in ("stranger", *world.people) if knock(world, who, "POST", url, form).wrote}
    assert did == set(may.split())
