"""`make requirements`: pins every requirement for all supported Pythons and platforms into requirements*.txt."""

import os
import subprocess
import sys

import prepare
from prepare import ROOT, VENV
from run_lint import NAMES, stamp


def main() -> None:
    """Compile each file; the later ones hold the first's pins."""
    prepare.main(dev=True)
    for name in NAMES:
        compile_one(name)


def compile_one(name: str) -> None:
    """`name`.in -> `name`.txt with the stamp that `make lint` looks for; arguments such as --upgrade go to uv."""
    target = ROOT / f"{name}.txt"
    command = [str(VENV / "bin" / "uv"), "pip", "compile", f"{name}.in", "--output-file", target.name]
    command += ["--universal", "--python-version", "3.11", "--no-header", "--quiet"]
    environment = {**os.environ, "UV_NO_CONFIG": "1"}
    if subprocess.run([*command, *sys.argv[1:]], cwd=ROOT, env=environment, check=False).returncode:
        sys.exit(f"{name}.in could not be compiled; see above.")
    target.write_text(f"{stamp(name)}\n{target.read_text(encoding='utf-8')}", encoding="utf-8")


if __name__ == "__main__":
    main()
