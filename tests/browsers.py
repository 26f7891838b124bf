"""A real Chromium for the tests; a page that logs an error, throws or breaks the content policy fails its test."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

SHOTS = Path(__file__).resolve().parent.parent / "var" / "shots"
HEIGHTS = {390: 844, 1360: 900}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
SERIOUS = {"serious", "critical"}


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """One headless browser for the whole run."""
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, which Django would otherwise take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


Browse = Callable[..., "Page"]


@pytest.fixture
def browse(chromium: "Browser", live_server: Any) -> "Iterator[Browse]":
    """`browse(width=1360, user=None, allow="") -> Page` with the live server as its base address.

    390 is a phone with a touch screen. `user` is signed in. Errors that match the pattern `allow` are expected;
    any other console error, uncaught exception or refused resource fails the test when it ends.
    """
    problems: list[str] = []
    contexts = []

    def open_page(
        *, width: int = 1360, user: Any = None, allow: str = "", java_script: bool = True
    ) -> "Page":
        context = chromium.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": HEIGHTS.get(width, 900)},
            has_touch=width < 768,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=java_script,
            accept_downloads=True,
        )
        context.set_default_timeout(60_000)
        contexts.append(context)
        if user is not None:
            context.add_cookies([_session_cookie(user, live_server.url)])
        page = context.new_page()
        _listen(page, problems, allow)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not problems, "The browser complained:\n" + "\n".join(problems)


def _session_cookie(user: Any, url: str) -> Any:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return {"name": name, "value": client.cookies[name].value, "url": url, "httpOnly": True}


def _listen(page: "Page", problems: list[str], allow: str) -> None:
    def note(text: str) -> None:
        if not (allow and re.search(allow, text)):
            problems.append(f"{page.url}: {text}")

    # Chromium reports a breach of the content security policy as a console error.
    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error)))


def shot(page: "Page", name: str) -> Path:
    """Save the whole page under var/shots/ for a person to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    path = SHOTS / f"{name}.png"
    page.screenshot(path=path, full_page=True)
    return path


def axe(page: "Page", *, context: Any = None) -> None:
    """Fail on an accessibility violation of level serious or critical, naming the rule and the elements."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=context)
    bad = [violation for violation in found.response["violations"] if violation["impact"] in SERIOUS]
    lines = [f"{v['id']} ({v['impact']}): {v['help']}\n  " + "\n  ".join(_elements(v)) for v in bad]
    assert not bad, f"{page.url}\n" + "\n".join(lines)


def _elements(violation: dict[str, Any]) -> list[str]:
    return [f"{node['target']}: {node['html'][:160]}" for node in violation["nodes"][:5]]


def no_sideways_scroll(page: "Page") -> None:
    """Fail when the page itself is wider than the window, which on a phone hides what is at the right."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{page.url} is {wide} px wider than its window"
