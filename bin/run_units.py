"""Runs the systemd units of one hospital where there is no systemd: a container, a rescue shell, a test.

python bin/run_units.py main                            as root, with the units' own paths and user
python bin/run_units.py main --put /srv/publicity /tmp/x   the same with a path replaced; may be given several times

It holds the web socket as systemd does, so that SIGHUP (restart of the web server) refuses nobody, starts again what
ends, and stops all on SIGTERM. It knows what these units use and no more. Standard library only.
"""

import argparse
import grp
import os
import pwd
import shlex
import signal
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UNITS = ROOT / "deploy" / "systemd"
KINDS = ("web", "worker", "beat")
FIRST_PASSED = 3  # where systemd puts the first socket it hands over


@dataclass
class Unit:
    """One service: its section, and its process when it runs."""

    kind: str
    section: dict[str, str]
    listens: socket.socket | None = None
    pid: int = 0
    ended: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Fork, become the unit's user, run ExecStart."""
        command = shlex.split(self.section["ExecStart"])
        environment = {"PATH": os.environ["PATH"], **env_file(Path(self.section["EnvironmentFile"]))}
        self.pid = os.fork()
        if self.pid:
            return
        try:
            os.setsid()
            os.chdir(self.section["WorkingDirectory"])
            os.umask(int(self.section["UMask"], 8))
            if self.listens is not None:
                os.dup2(self.listens.fileno(), FIRST_PASSED)
                os.set_inheritable(
                    FIRST_PASSED, True
                )  # dup2 leaves it alone where it has this number already
                environment |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
            become(self.section["User"])
            os.execve(command[0], command, environment)  # noqa: S606  a literal list out of our own unit
        finally:
            os._exit(127)

    def stop(self) -> None:
        """As KillMode=mixed does: ask the first process, wait, then end what is left of its group."""
        if self.pid:
            send(self.pid, signal.SIGTERM)
            deadline = time.monotonic() + int(self.section["TimeoutStopSec"])
            while time.monotonic() < deadline and not gone(self.pid):
                time.sleep(0.05)
            send(-self.pid, signal.SIGKILL)
            self.pid = 0


def main() -> None:
    """Start everything and look after it until asked to stop."""
    parser = argparse.ArgumentParser(description="Runs one hospital's units without systemd.")
    parser.add_argument("hospital")
    parser.add_argument("--put", action="append", nargs=2, default=[], metavar=("OLD", "NEW"))
    given = parser.parse_args()
    puts: dict[str, str] = dict(given.put)
    web = open_socket(read("publicity-web@.socket", given.hospital, puts))
    units = [
        Unit(kind, read(f"publicity-{kind}@.service", given.hospital, puts), web if kind == "web" else None)
        for kind in KINDS
    ]
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, frame: asked.append(got))
    for unit in units:
        unit.start()
    try:
        while True:
            if signal.SIGHUP in asked:
                asked.remove(signal.SIGHUP)
                units[0].stop()
            if asked:
                break
            for unit in units:
                if not unit.pid or gone(unit.pid):
                    revive(unit)
            time.sleep(0.1)
    finally:
        for unit in reversed(units):
            unit.stop()


def revive(unit: Unit) -> None:
    """Restart=always, with systemd's own limit: five ends in ten seconds are too many."""
    now = time.monotonic()
    unit.ended = [at for at in unit.ended if now - at < 10] + [now]
    if len(unit.ended) > 5:
        sys.exit(f"publicity-{unit.kind} keeps ending.")
    unit.start()


def read(name: str, hospital: str, puts: dict[str, str]) -> dict[str, str]:
    """The [Service] or [Socket] section with %i filled in and paths replaced."""
    text = (UNITS / name).read_text(encoding="utf-8")
    for old, new in puts.items():
        text = text.replace(old, new)
    text = text.replace("%i", hospital).replace("%%", "%")
    wanted, section = "", {}
    for line in text.splitlines():
        if line.startswith("["):
            wanted = line
        elif wanted in ("[Service]", "[Socket]") and "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            section[key] = value
    return section


def open_socket(section: dict[str, str]) -> socket.socket:
    """The listening Unix socket, with the group that nginx is in."""
    path = Path(section["ListenStream"])
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(str(path))
    if os.getuid() == 0:
        os.chown(path, 0, grp.getgrnam(section["SocketGroup"]).gr_gid)
    path.chmod(int(section["SocketMode"], 8))
    listening.listen(int(section["Backlog"]))
    return listening


def env_file(path: Path) -> dict[str, str]:
    """NAME=value lines, as systemd reads them."""
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    pairs = [line.split("=", 1) for line in lines if "=" in line and not line.startswith("#")]
    return {name: value.strip("\"'") for name, value in pairs}


def become(user: str) -> None:
    """Only root can; anybody else runs the units as themselves."""
    if os.getuid() == 0 and user != "root":
        person = pwd.getpwnam(user)
        os.initgroups(user, person.pw_gid)
        os.setgid(person.pw_gid)
        os.setuid(person.pw_uid)


def gone(pid: int) -> bool:
    """Whether our child has ended (its exit is collected here)."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == pid
    except ChildProcessError:
        return True


def send(pid: int, number: int) -> None:
    """A signal to a process that may have gone; a negative number means its group."""
    with suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    main()
