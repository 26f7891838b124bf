"""Reading settings from the environment: a value that is set and unreadable refuses to start and says which."""

from __future__ import annotations

import base64
import os
import secrets
from ipaddress import ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()


def choice(name: str, *, allowed: tuple[str, ...], default: str) -> str:
    value = os.environ.get(name) or default
    if value not in allowed:
        raise ImproperlyConfigured(f"{name}={value!r} is not one of {', '.join(allowed)}.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value == "":
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} must be true or false.")


def integer(name: str, *, default: int, least: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if value == "":
        return default
    if not value.isdecimal() or int(value) < least:
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number of at least {least}.")
    return int(value)


def words(name: str, *, default: str = "") -> list[str]:
    """A comma-separated list without its blanks."""
    return [word.strip() for word in (os.environ.get(name) or default).split(",") if word.strip()]


def networks(name: str) -> list[str]:
    """A comma-separated list of addresses and networks, such as 10.0.5.7 or 10.0.0.0/8."""
    given = words(name)
    for word in given:
        try:
            ip_network(word)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {word!r} is no address and no network: {error}") from error
    return given


def database(name: str, *, default: str) -> dict[str, object]:
    """A Django database entry from a URL; only SQLite and PostgreSQL are supported and tested."""
    url = os.environ.get(name) or default
    if not url.startswith(("sqlite:///", "postgres://", "postgresql://")):
        raise ImproperlyConfigured(f"{name} must start with sqlite:///, postgres:// or postgresql://.")
    try:
        config: dict[str, object] = dict(env.db_url_config(url))
    except (ValueError, KeyError) as error:
        raise ImproperlyConfigured(f"{name} cannot be read as a database address: {error}") from error
    if not config.get("NAME"):
        raise ImproperlyConfigured(f"{name} names no database.")
    return config


def redis_url(name: str) -> str:
    value = os.environ.get(name, "")
    if value and not value.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"{name} must start with redis://, rediss:// or unix://.")
    return value


def field_keys(name: str, *, folder: Path) -> tuple[list[str], Path]:
    """Keys for encrypted columns: from the environment, else one made once in ``folder/field_key`` (mode 600)."""
    texts = words(name)
    for text in texts:
        _check_field_key(name, text)
    path = folder / "field_key"
    if not texts:
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
                handle.write(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii") + "\n")
        except FileExistsError:
            pass
    return texts, path


def _check_field_key(name: str, text: str) -> None:
    try:
        long_enough = len(base64.urlsafe_b64decode(text)) == 32
    except ValueError:
        long_enough = False
    if not long_enough:
        raise ImproperlyConfigured(f"{name}: each key must be 32 random bytes in URL-safe base64.")


def secret_key(name: str, *, folder: Path) -> str:
    """The signing key: from the environment, else made once and kept in ``folder/secret_key`` (mode 600)."""
    value = os.environ.get(name, "")
    if value:
        if len(value) < 50:
            raise ImproperlyConfigured(f"{name} must be at least 50 characters long.")
        return value
    path = folder / "secret_key"
    try:
        # O_EXCL: when several processes start at once, exactly one writes the key and the others read it.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(64))
    except FileExistsError:
        pass
    key = path.read_text().strip()
    if len(key) < 50:
        raise ImproperlyConfigured(
            f"{path} is too short to be a signing key; delete it to have a new one made."
        )
    return key
