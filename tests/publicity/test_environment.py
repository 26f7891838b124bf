"""A wrong setting refuses to start and says which one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def start(tmp_path: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], "PUBLICITY_VAR": str(tmp_path), "PUBLICITY_NO_DOTENV": "1"}
    return subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"],
        cwd=ROOT,
        env={**clean, "DJANGO_SETTINGS_MODULE": "publicity.settings", **settings},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"PUBLICITY_MODE": "prod"}, "PUBLICITY_MODE='prod'"),
        ({"DEBUG": "perhaps"}, "DEBUG='perhaps'"),
        ({"PUBLICITY_MODE": "production", "DEBUG": "true"}, "DEBUG must be off"),
        ({"PUBLICITY_MODE": "production"}, "ALLOWED_HOSTS"),
        ({"PUBLICITY_MODE": "production", "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"DATABASE_URL": "mysql://a/b"}, "DATABASE_URL"),
        ({"DATABASE_URL": "postgres://"}, "DATABASE_URL"),
        ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL"),
        ({"UPLOAD_IMAGE_MAX_MB": "viel"}, "UPLOAD_IMAGE_MAX_MB"),
        ({"LANGUAGE_CODE": "de"}, "LANGUAGE_CODE"),
        ({"METRICS_FROM": "monitor"}, "METRICS_FROM: 'monitor'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT='xml'"),
        ({"S3_BUCKET": "b"}, "S3_ENDPOINT_URL"),
        (
            {
                "PUBLICITY_MODE": "production",
                "ALLOWED_HOSTS": "a.example",
                "DATABASE_URL": "postgres://p:postgres@127.0.0.1/p",
            },
            "default password",
        ),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, given: dict[str, str], words: str) -> None:
    result = start(tmp_path, **given)
    assert result.returncode != 0
    assert words in result.stderr


def test_a_secret_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    """A key that changed at every start would sign everybody out and void every link."""
    assert start(tmp_path).returncode == 0
    first = (tmp_path / "secret_key").read_text()
    assert start(tmp_path).returncode == 0
    assert (tmp_path / "secret_key").read_text() == first
    assert len(first) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600
