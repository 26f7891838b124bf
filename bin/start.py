"""`make run`: prepares the machine and the data, then keeps web server, Celery worker and beat running until Ctrl-C.

Standard library only: it runs before anything is installed. It looks after the three processes itself, since they must
end with it even when it is killed with -9 (a process supervisor out of a package left its children behind then), and
since a worker that crashed must come back.
"""

import ctypes
import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import prepare
from prepare import ROOT, VENV_PYTHON, say

PATIENCE = 12.0  # seconds a process has to finish what it is at after SIGTERM
CRASHES = 5  # so many ends of one process …
CRASH_WINDOW = 60.0  # … within so many seconds mean that restarting doesn't help
PR_SET_PDEATHSIG = 1


@dataclass
class Service:
    """One process that is kept running; `ends` are the times it ended by itself, by the monotonic clock."""

    name: str
    command: list[str]
    process: "subprocess.Popen[bytes] | None" = None
    ends: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Start it as the leader of its own process group, out of reach of the terminal's Ctrl-C."""
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with(os.getpid()),
        )

    def signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the process, or to all that it started as well."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.process.pid, number)

    def running(self) -> bool:
        """Whether it is there."""
        return self.process is not None and self.process.poll() is None


class Stop(Exception):
    """Somebody asked us to end."""


def main() -> None:
    """Everything in the order in which it can go wrong; each failure is one sentence."""
    host, port = address()
    refuse_taken_port(host, port)
    prepare.main()
    folder = Path(os.environ.get("PUBLICITY_VAR") or ROOT / "var").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    tell_site_url(host, port)
    with (folder / "run.lock").open("a+") as lock:
        take(lock.fileno(), folder)
        ready_data()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, ask_to_stop)
        keep_running(services(host, port), on_ready=lambda: greet(host, port), host=host, port=port)


def address() -> tuple[str, int]:
    """HOST and PORT of the environment."""
    host = os.environ.get("HOST") or "127.0.0.1"
    given = os.environ.get("PORT") or "8000"
    if not given.isdecimal() or not 1 <= int(given) <= 65535:
        sys.exit(
            f"PORT={given} isn't a port number between 1 and 65535. / 端口号应为 1 到 65535 之间的整数。"
        )
    return host, int(given)


def url_of(host: str, port: int) -> str:
    """The address to type into a browser on this machine."""
    shown = reachable(host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"


def tell_site_url(host: str, port: int) -> None:
    """Links in mails lead to the port in use, unless SITE_URL is set, here or in .env."""
    file = ROOT / ".env"
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    if not any(line.split("=")[0].strip().removeprefix("export ") == "SITE_URL" for line in lines):
        os.environ.setdefault("SITE_URL", url_of(host, port))


def refuse_taken_port(host: str, port: int) -> None:
    """Say so now rather than after the installation."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            sys.exit(
                f"Port {port} needs an administrator; choose one above 1023."
                f" / 端口 {port} 需要管理员权限，请换用 1024 以上的端口。"
            )
        except OSError as error:
            sys.exit(
                f"Port {port} of {host} can't be used ({error.strerror}); choose another: make run PORT={port + 1}"
                f" / 端口 {port} 已被占用，请换一个：make run PORT={port + 1}"
            )


def take(lock: int, folder: Path) -> None:
    """One set of processes for one data folder: two beats and two first loads would get in each other's way."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(f"The product already runs on the data in {folder}. / 系统已在运行（数据目录 {folder}）。")


def ready_data() -> None:
    """Migrate, load the demonstration hospital the first time; its sentences go to the terminal."""
    result = subprocess.run([str(VENV_PYTHON), str(ROOT / "bin" / "ready.py")], cwd=ROOT, check=False)
    if result.returncode:
        sys.exit(result.returncode)


def services(host: str, port: int) -> list[Service]:
    """The three processes of the product."""
    python = str(VENV_PYTHON)
    shown = f"[{host}]" if ":" in host else host
    web = [
        python,
        "-m",
        "gunicorn",
        "publicity.wsgi",
        "--bind",
        f"{shown}:{port}",
        "--worker-class",
        "gthread",
    ]
    web += ["--workers", "2", "--threads", "4", "--graceful-timeout", "10", "--log-level", "warning"]
    # Its warning about root speaks of pickled messages; ours are JSON and nothing else is accepted.
    quiet = ["-W", "ignore:You're running the worker with superuser privileges"]
    celery = [python, *quiet, "-m", "celery", "--quiet", "-A", "publicity"]
    return [
        Service("web", web),
        Service(
            "worker", [*celery, "worker", "--concurrency", "2", "--loglevel", "WARNING", "--without-gossip"]
        ),
        Service("beat", [*celery, "beat", "--loglevel", "WARNING", "--pidfile="]),
    ]


def end_with(parent: int) -> Callable[[], None]:
    """Make the kernel send the process SIGTERM when its parent dies, even by kill -9 (Linux only)."""
    prctl = getattr(ctypes.CDLL(None, use_errno=True), "prctl", None)

    def in_the_child() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return in_the_child


def keep_running(all_services: list[Service], *, on_ready: Callable[[], None], host: str, port: int) -> None:
    """Start all, greet when the page answers, start again what ends; leave nothing behind on the way out."""
    try:
        for service in all_services:
            service.start()
        greeted = False
        while True:
            if not greeted and answers(host, port):
                on_ready()
                greeted = True
            for service in all_services:
                if not service.running():
                    revive(service)
            time.sleep(0.5 if greeted else 0.1)
    except Stop:
        say("\nStopping … (Ctrl-C again: at once) / 正在停止…（再按一次立即停止）")
    finally:
        stop(all_services)


def revive(service: Service) -> None:
    """Start a process again, unless it keeps ending."""
    now = time.monotonic()
    service.ends = [at for at in service.ends if now - at < CRASH_WINDOW] + [now]
    if len(service.ends) >= CRASHES:
        sys.exit(
            f"The {service.name} process keeps ending; its reason is above. / {service.name} 进程反复退出，原因见上。"
        )
    say(f"The {service.name} process ended and is started again. / {service.name} 进程已退出，正在重新启动。")
    service.signal(signal.SIGKILL, group=True)
    service.start()


def stop(all_services: list[Service]) -> None:
    """Ask politely, wait, then kill what is left with all it started; a second Ctrl-C doesn't wait."""
    for service in all_services:
        service.signal(signal.SIGTERM)
    with suppress(Stop):
        deadline = time.monotonic() + PATIENCE
        while any(service.running() for service in all_services) and time.monotonic() < deadline:
            time.sleep(0.05)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for service in all_services:
        service.signal(signal.SIGKILL, group=True)
        if service.process is not None:
            service.process.wait()


def answers(host: str, port: int) -> bool:
    """Whether the web server answers, whatever it says."""
    connection = http.client.HTTPConnection(reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/login/", headers={"Connection": "close"})
        return bool(connection.getresponse().read(1))
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def reachable(host: str) -> str:
    """An address to connect to: 0.0.0.0 means every address, so also this machine's own."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound


def greet(host: str, port: int) -> None:
    """The address and one login per role."""
    say(f"\nReady / 已就绪:  {url_of(host, port)}/      Ctrl-C stops it / 按 Ctrl-C 停止\n")
    folder = Path(os.environ.get("PUBLICITY_VAR") or ROOT / "var")
    logins = folder / "logins.txt"
    if logins.exists():
        say(logins.read_text(encoding="utf-8"))


def ask_to_stop(number: int, frame: FrameType | None) -> None:
    """Signal handler: unwind to where the processes are stopped."""
    raise Stop


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, Stop):
        sys.exit("Stopped. / 已停止。")
