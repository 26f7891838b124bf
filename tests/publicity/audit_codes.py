"""Every action code the product can write, found in its sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

PACKAGES = ("publicity", "rewards", "media_outreach", "correspondents", "plans", "hospital", "toolkit")
WRITERS = {"record", "perform", "expect"}


def codes() -> dict[str, str]:
    """Code -> the file that writes it."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            for code in _codes_in(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(code, str(path.relative_to(settings.BASE_DIR)))
    return found


def _codes_in(tree: ast.AST) -> Iterator[str]:
    named = _assigned(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name == "Move":
            yield from _texts(node.args[0] if node.args else _keyword(node, "action"), named)
        elif name == "_write_once":
            yield from _texts(node.args[2], named)
        elif name in WRITERS:
            yield from _texts(_keyword(node, "action"), named)


def _keyword(node: ast.Call, name: str) -> ast.expr | None:
    return next((keyword.value for keyword in node.keywords if keyword.arg == name), None)


def _assigned(tree: ast.AST) -> dict[str, list[ast.expr]]:
    """Name -> what is assigned to it anywhere in the file, for codes that come through a variable."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                targets = zip(target.elts, getattr(node.value, "elts", []), strict=False) if isinstance(
                    target, ast.Tuple
                ) else [(target, node.value)]  # fmt: skip
                for one, value in targets:
                    if isinstance(one, ast.Name):
                        found.setdefault(one.id, []).append(value)
        elif isinstance(node, ast.keyword) and node.arg == "what":  # rewards.ledger passes its code on
            found.setdefault("what", []).append(node.value)
    return found


def _texts(node: ast.expr | None, named: dict[str, list[ast.expr]], depth: int = 0) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body, named, depth)
        yield from _texts(node.orelse, named, depth)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
        if isinstance(node.func.value, ast.Dict):
            for value in [*node.func.value.values, *node.args[1:]]:
                yield from _texts(value, named, depth)
    elif isinstance(node, ast.Name) and depth < 3:
        for value in named.get(node.id, []):
            yield from _texts(value, named, depth + 1)
