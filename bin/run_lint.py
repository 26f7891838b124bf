"""`make lint`: every check that needs no test run. All of them run; the failures are named at the end."""

import hashlib
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Callable

import prepare
from prepare import ROOT, VENV, say

# Each file builds on those before it.
NAMES = ("requirements", "requirements-sso", "requirements-s3", "requirements-dev")
PACKAGES = (
    "publicity", "rewards", "media_outreach", "correspondents", "plans", "hospital", "toolkit", "bin",
)  # fmt: skip
Check = tuple[str, Callable[[dict[str, str]], int]]


def main() -> int:
    """Number of failed checks, at most 1 as an exit code."""
    prepare.main(dev=True)
    with tempfile.TemporaryDirectory() as folder:
        # No check may depend on, or touch, this machine's own data and settings.
        environment = {
            name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}
        }
        environment |= {"PUBLICITY_VAR": folder, "PUBLICITY_NO_DOTENV": "1"}
        failed = []
        for name, check in CHECKS:
            say(f"== {name}")
            if check(environment):
                failed.append(name)
    if failed:
        say("Failed: " + ", ".join(failed))
    return min(1, len(failed))


def tool(*command: str, **extra: str) -> Callable[[dict[str, str]], int]:
    """A check that runs a program of .venv/bin."""

    def check(environment: dict[str, str]) -> int:
        program = [str(VENV / "bin" / command[0]), *command[1:]]
        return subprocess.run(program, cwd=ROOT, env={**environment, **extra}, check=False).returncode

    return check


def manage(*arguments: str, **extra: str) -> Callable[[dict[str, str]], int]:
    """A check that is a management command."""
    return tool("python", "manage.py", *arguments, **extra)


def templates_check(environment: dict[str, str]) -> int:
    """djlint over the templates."""
    return tool("djlint", "templates", "--lint", "--quiet")(environment)


def requirements_check(environment: dict[str, str]) -> int:
    """Each requirements*.txt says in its first line which .in it was compiled from."""
    stale = [name for name in NAMES if first_line(name) != stamp(name)]
    for name in stale:
        say(f"{name}.txt is not of this {name}.in: run make requirements")
    return len(stale)


def first_line(name: str) -> str:
    """The first line of a compiled file."""
    return (ROOT / f"{name}.txt").read_text(encoding="utf-8").partition("\n")[0]


def stamp(name: str) -> str:
    """What the first line has to be."""
    sources = [f"{one}.in" for one in NAMES[: NAMES.index(name) + 1]]
    content = b"".join((ROOT / source).read_bytes() for source in sources)
    return f"# Compiled by `make requirements`; sha256 of {' + '.join(sources)}: {hashlib.sha256(content).hexdigest()}"


PRODUCTION = {
    "PUBLICITY_MODE": "production",
    "ALLOWED_HOSTS": "publicity.example.org",
    "SECRET_KEY": secrets.token_urlsafe(64),
}
CHECKS: list[Check] = [
    ("format", tool("ruff", "format", "--check", "--quiet", ".")),
    ("ruff", tool("ruff", "check", "--quiet", ".")),
    ("bandit", tool("bandit", "-q", "-ll", "-c", "pyproject.toml", "-r", *PACKAGES)),
    ("types", tool("mypy", "--no-error-summary")),
    ("layers", tool("lint-imports", "--no-logo")),
    ("templates", templates_check),
    ("migrations", manage("makemigrations", "--check", "--dry-run", "--verbosity", "1")),
    ("production settings", manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)),
    ("catalogue", manage("catalog", "--check")),
    ("requirements", requirements_check),
]

if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped. / 已停止。")
