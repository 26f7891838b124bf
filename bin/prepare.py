"""Makes .venv, installs the pinned requirements when they changed, and compiles the catalogues. Standard library only.

python bin/prepare.py            what the product needs
python bin/prepare.py --dev      also what `make test` and `make lint` need
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
NO_VENV = (
    "Making .venv failed: run 'apt install python3-venv' and try again."
    " / 无法创建 .venv，请先运行 apt install python3-venv。"
)
NO_INSTALL = (
    "Installing the requirements failed, see above; behind a slow or closed network set PIP_INDEX_URL to a package"
    " mirror you can reach and try again. / 安装依赖失败，原因见上；如网络受限，请设置 PIP_INDEX_URL 后重试。"
)


def main(*, dev: bool = False) -> None:
    """Prepare under a lock, so that two `make` at once don't install into each other."""
    with (ROOT / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        make_venv()
        install("requirements.txt")
        if dev:
            install("requirements-dev.txt")
    compile_catalogues()


def make_venv() -> None:
    """Keep a working .venv; make it anew when there is none or its Python has gone."""
    if works(VENV_PYTHON):
        return
    say("Making .venv … / 正在创建运行环境…")
    shutil.rmtree(VENV, ignore_errors=True)
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(VENV)], check=False, capture_output=True, text=True
    )
    if made.returncode or not works(VENV_PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(NO_VENV)


def works(python: Path) -> bool:
    """Whether this virtual environment's Python starts, is new enough, and has pip."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.run([python, "-c", probe], check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def install(name: str) -> None:
    """Install a requirements file unless this very content is installed already."""
    requirements = ROOT / name
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = VENV / f".{name}.sha256"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"Installing {name} … (a minute or two) / 正在安装依赖，约一两分钟…")
    command = [
        str(VENV_PYTHON),
        "-m",
        "pip",
        "install",
        "-qq",
        "--no-input",
        "--disable-pip-version-check",
    ]
    if subprocess.run([*command, "--requirement", str(requirements)], check=False).returncode:
        sys.exit(NO_INSTALL)
    stamp.write_text(wanted)


def compile_catalogues() -> None:
    """Make the .mo files where they are missing or older than the .po."""
    for po in ROOT.glob("locale/*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime_ns < po.stat().st_mtime_ns:
            code = "import sys; from pathlib import Path; from publicity.catalog import ChineseCatalog; "
            code += "ChineseCatalog(Path.cwd()).compile()"
            subprocess.run(
                [str(VENV_PYTHON), "-c", code], check=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": "."}
            )
            return


def say(sentence: str) -> None:
    """Print at once, also into a pipe."""
    print(sentence, flush=True)


if __name__ == "__main__":
    try:
        main(dev="--dev" in sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Stopped. / 已停止。")
