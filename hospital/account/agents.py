"""A browser's own description in words a person recognises."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The first match counts: most browsers also claim to be the ones below them.
PROGRAMS = (
    ("MicroMessenger", "WeChat"),
    ("wxwork", "WeCom"),
    ("DingTalk", "DingTalk"),
    ("Edg", "Edge"),
    ("QQBrowser", "QQ"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def words(agent: str) -> str:
    program = next((name for mark, name in PROGRAMS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if program == "WeChat":
        program = _("WeChat")
    return " · ".join(part for part in (program, system) if part) or _("Unknown browser")
