"""The files of deploy/: the units start the product behind their socket, and a restart refuses nobody."""

from __future__ import annotations

import getpass
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from publicity import environment

ROOT = Path(__file__).resolve().parent.parent.parent
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))


class Socket(http.client.HTTPConnection):
    """One request through a Unix socket, as nginx sends it."""

    def __init__(self, path: Path) -> None:
        super().__init__("publicity.example.org", timeout=60)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(str(self.path))


def ask(path: Path, address: str) -> tuple[int, bytes]:
    with closing(Socket(path)) as connection:
        connection.request("GET", address, headers={"X-Forwarded-Proto": "https", "Connection": "close"})
        response = connection.getresponse()
        return response.status, response.read()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """(process id of the runner, web socket) of a hospital of its own on SQLite, as production, migrated."""
    data, settings = tmp_path / "data", tmp_path / "main.env"
    given = {
        "PUBLICITY_MODE": "production",
        "PUBLICITY_NO_DOTENV": "1",
        "PUBLICITY_VAR": str(data),
        "ALLOWED_HOSTS": "publicity.example.org",
        "TRUSTED_PROXY_COUNT": "1",
        "WEB_WORKERS": "1",
    }
    settings.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **given},
        check=True,
    )
    web = tmp_path / "web.sock"
    puts = {
        "/run/publicity-%i.sock": str(web),
        "/etc/publicity/%i.env": str(settings),
        "/srv/publicity/%i": str(data),
        "/opt/publicity/.venv/bin": str(Path(sys.executable).parent),
        "/opt/publicity": str(ROOT),
        "User=publicity": f"User={getpass.getuser()}",
        "SocketGroup=www-data": "SocketGroup=root",
    }
    command = [sys.executable, str(ROOT / "bin" / "run_units.py"), "main"]
    for old, new in puts.items():
        command += ["--put", old, new]
    with (tmp_path / "log").open("w") as log:
        runner = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            until_ready(web)
            yield runner.pid, web
        finally:
            runner.terminate()
            runner.wait(timeout=150)


def until_ready(web: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with suppress(FileNotFoundError, ConnectionRefusedError):
            assert ask(web, "/readyz")[0] == 200
            return
        time.sleep(0.1)
    raise AssertionError("the web socket never came")


@pytest.mark.worker
def test_a_restarting_web_server_refuses_nobody(site: tuple[int, Path]) -> None:
    """An update in office hours must not show anybody an error page: requests wait in the socket."""
    runner, web = site
    answers: list[int] = []
    done = threading.Event()

    def keep_asking() -> None:
        while not done.is_set():
            answers.append(ask(web, "/healthz")[0])

    clerks = [threading.Thread(target=keep_asking) for _ in range(3)]
    for clerk in clerks:
        clerk.start()
    time.sleep(1)
    before = len(answers)
    os.kill(runner, signal.SIGHUP)
    time.sleep(6)
    done.set()
    for clerk in clerks:
        clerk.join()
    assert before > 0
    assert len(answers) > before + 3
    assert set(answers) == {200}


def test_every_name_in_the_settings_file_is_one_we_read() -> None:
    """A mistyped name would be ignored in silence."""
    explained = (ROOT / ".env.example").read_text(encoding="utf-8")
    lines = (ROOT / "deploy" / "main.env").read_text(encoding="utf-8").splitlines()
    names = [line.lstrip("#").split("=")[0] for line in lines if "=" in line and not line.startswith("# ")]
    assert len(names) > 8
    assert [name for name in names if f"#{name}=" not in explained] == []


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_give_the_product_no_more_than_it_needs(unit: Path) -> None:
    text = unit.read_text(encoding="utf-8")
    for line in (
        "User=publicity",
        "NoNewPrivileges=true",
        "ProtectSystem=strict",
        "UMask=0027",
        "Restart=always",
    ):
        assert f"\n{line}\n" in text
    assert "ReadWritePaths=/srv/publicity/%i\n" in text


def test_networks_are_read() -> None:
    os.environ["NETWORKS_OF_A_TEST"] = "10.0.0.0/8, ::1"
    try:
        assert environment.networks("NETWORKS_OF_A_TEST") == ["10.0.0.0/8", "::1"]
    finally:
        del os.environ["NETWORKS_OF_A_TEST"]
