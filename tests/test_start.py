"""`make run`: one sentence for what is wrong, and no process left behind, however it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import eventually

BIN = Path(__file__).resolve().parent.parent / "bin"

# The real supervisor with three small processes in place of the product's; each writes its number and sleeps.
SUPERVISOR = """
import signal, sys
from pathlib import Path
sys.path.insert(0, {bin!r})
import start
folder = Path({folder!r})
child = "import os, sys, time; open(sys.argv[1], 'a').write(f'{{os.getpid()}}\\\\n'); time.sleep(600)"
names = ("web", "worker", "beat")
services = [start.Service(name, [sys.executable, "-c", child, str(folder / name)]) for name in names]
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, start.ask_to_stop)
start.keep_running(services, on_ready=lambda: None, host="127.0.0.1", port={port})
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator["subprocess.Popen[bytes]"]:
    code = SUPERVISOR.format(bin=str(BIN), folder=str(tmp_path), port=free_port())
    process = subprocess.Popen([sys.executable, "-c", code])
    eventually(lambda: len(started(tmp_path)) == 3, what="three processes started")
    yield process
    process.kill()
    process.wait()


def started(folder: Path) -> list[int]:
    """The process numbers written so far."""
    files = [folder / name for name in ("web", "worker", "beat")]
    return [int(line) for file in files if file.exists() for line in file.read_text().split()]


def alive(number: int) -> bool:
    """Whether the process runs; one that has ended and waits to be collected counts as gone."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_stopping_leaves_no_process(
    supervisor: "subprocess.Popen[bytes]", tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C, `kill` and a closed terminal: a forgotten worker would go on sending reminders."""
    supervisor.send_signal(number)
    assert supervisor.wait(30) == 0
    assert [alive(process) for process in started(tmp_path)] == [False, False, False]


@pytest.mark.skipif(
    sys.platform != "linux", reason="Only the Linux kernel tells a child that its parent died"
)
def test_kill_9_leaves_no_process(supervisor: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    supervisor.kill()
    supervisor.wait()
    eventually(lambda: not any(alive(process) for process in started(tmp_path)), what="the processes ended")


def test_a_killed_worker_comes_back(supervisor: "subprocess.Popen[bytes]", tmp_path: Path) -> None:
    """Nobody at a hospital would notice a dead worker before the month's reminders are missing."""
    os.kill(int((tmp_path / "worker").read_text()), signal.SIGKILL)
    eventually(lambda: len((tmp_path / "worker").read_text().split()) == 2, what="a second worker")
    assert supervisor.poll() is None


def run_start(**environment: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(BIN / "start.py")]
    return subprocess.run(
        command, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = run_start(PORT=str(port), HOST="127.0.0.1")
    assert result.returncode == 1
    assert result.stderr == (
        f"Port {port} of 127.0.0.1 can't be used (Address already in use); choose another: make run PORT={port + 1}"
        f" / 端口 {port} 已被占用，请换一个：make run PORT={port + 1}\n"
    )


@pytest.mark.parametrize("port", ["eighty", "0", "70000"])
def test_a_wrong_port_is_one_sentence(port: str) -> None:
    result = run_start(PORT=port)
    assert result.returncode == 1
    assert result.stderr == (
        f"PORT={port} isn't a port number between 1 and 65535. / 端口号应为 1 到 65535 之间的整数。\n"
    )


def find_python(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """bin/find-python on a machine whose only programs are those of `folder`."""
    command = ["/bin/sh", str(BIN / "find-python")]
    given = {"PATH": str(folder), **environment}
    return subprocess.run(command, env=given, capture_output=True, text=True, check=False)


def fake_python(folder: Path, name: str, *, version: str, complete: bool = True) -> None:
    """A program that answers the script's three questions as this Python would."""
    recent = tuple(map(int, version.split("."))) >= (3, 11)
    script = f"""#!/bin/sh
case "$2" in
    *python_version*) echo {version};;
    *version_info*) exit {0 if recent else 1};;
    *ensurepip*) exit {0 if complete else 1};;
esac
"""
    (folder / name).write_text(script)
    (folder / name).chmod(0o755)


def test_the_newest_complete_python_is_taken(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.13", version="3.13.0", complete=False)
    fake_python(tmp_path, "python3.12", version="3.12.1")
    fake_python(tmp_path, "python3", version="3.9.2")
    assert find_python(tmp_path).stdout == f"{tmp_path}/python3.12\n"


def test_an_old_python_is_named(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", version="3.9.2")
    result = find_python(tmp_path)
    assert result.returncode == 1
    assert result.stderr == (
        "Python 3.11 or newer is needed; found only: python3=3.9.2."
        " / 需要 Python 3.11 或更高版本，本机只有： python3=3.9.2。\n"
    )


def test_no_python_at_all(tmp_path: Path) -> None:
    assert find_python(tmp_path).stderr.startswith("Python 3.11 or newer is needed; python3 isn't there")


def test_a_missing_venv_module_says_what_to_install(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.11", version="3.11.2", complete=False)
    result = find_python(tmp_path)
    assert result.returncode == 1
    assert result.stderr == (
        "Python has no venv module: run 'apt install python3-venv' and try again."
        " / 缺少 venv 模块，请先运行 apt install python3-venv。\n"
    )


def test_the_asked_python_is_the_only_candidate(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3.12", version="3.12.1")
    fake_python(tmp_path, "mine", version="3.8.1")
    assert find_python(tmp_path, PYTHON="mine").returncode == 1
