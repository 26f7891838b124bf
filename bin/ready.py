"""Second step of `make run`, inside .venv: migrate, load the demonstration hospital once, tell its logins.

One process in place of four management commands, so that a second start takes seconds.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "publicity.settings")
# What no page uses of the editor, some of it out of support.
UNUSED = ["tests", "exportpdf", "codesnippetgeshi", "scayt", "wsc", "adobeair", "flash", "mathjax"]


def main() -> None:
    """Each failure a person can cure is one sentence."""
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError
    from django.core.management.base import SystemCheckError
    from django.db import OperationalError

    try:
        django.setup()
        ready()
    except ImproperlyConfigured as error:
        sys.exit(f"A setting is wrong: {error} / 配置有误：{error}")
    except OperationalError as error:
        sys.exit(f"The database can't be reached or used: {str(error).strip()} / 无法连接或使用数据库。")
    except SystemCheckError as error:
        sys.exit(str(error))
    except CommandError as error:
        sys.exit(f"{error}")


def ready() -> None:
    """Bring database and files up to date."""
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    if settings.PRODUCTION:
        call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=UNUSED)
        return
    call_command("demo", "load", if_empty=True)
    with (settings.VAR_DIR / "logins.txt").open("w", encoding="utf-8") as file:
        call_command("demo", "logins", stdout=file)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Stopped. / 已停止。")
