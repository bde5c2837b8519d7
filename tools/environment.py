"""Make ``.venv`` and install the locked dependencies and Sycee itself into it.

    python3 tools/environment.py run|dev

Standard library only. Uses uv when there is one; else pip, from the environment itself or, where
Python came without ``ensurepip`` (Debian without ``python3-venv``), the one beside Python. Every
package is checked against the hash in the lock file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
NO_PIP = """\
This Python ({python}) can make no virtual environment with pip in it, and there is no pip beside it.
Install one of these and run make again:
    Debian, Ubuntu:  apt-get install python3-venv
    Fedora, RHEL:    dnf install python3-pip
    anywhere:        uv"""


def _works(command: Sequence[str | Path]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, cwd=ROOT).returncode == 0
    except OSError:
        return False


def _uv() -> str | None:
    """A uv that answers (a shim on the PATH may have nothing behind it)."""
    found = shutil.which("uv")
    return found if found and _works([found, "--version"]) else None


def _make_venv(uv: str | None) -> None:
    recent = "import sys; sys.exit(sys.version_info < (3, 11))"
    if _works([VENV_PYTHON, "-c", recent]):
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, VENV], check=True)
        return
    with_pip = _works([sys.executable, "-c", "import ensurepip"])
    options = [] if with_pip else ["--without-pip"]
    subprocess.run([sys.executable, "-m", "venv", *options, VENV], check=True)


def _installer(uv: str | None) -> list[str]:
    """The command that installs into the environment, up to the word "install"."""
    python = str(VENV_PYTHON)
    if uv:
        return [uv, "pip", "install", "--quiet", "--python", python]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    if _works([python, "-m", "pip", "--version"]):
        return [python, "-m", "pip", "install", *quiet]
    beside = [sys.executable, "-m", "pip", "--python", python]
    if _works([*beside, "--version"]):
        return [*beside, "install", *quiet]
    raise SystemExit(NO_PIP.format(python=sys.executable))


def install(kind: str) -> None:
    """Install what ``kind`` ("run" or "dev") asks for, and leave its stamp."""
    started = time.monotonic()
    lock = ROOT / "requirements" / f"{kind}.txt"
    uv = _uv()
    _make_venv(uv)
    command = _installer(uv)
    packages = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    print(f"Installing {packages} packages into .venv (the first time this takes a while) ...", flush=True)
    subprocess.run([*command, "--require-hashes", "--requirement", lock], check=True, cwd=ROOT)
    subprocess.run([*command, "--no-deps", "--no-build-isolation", "--editable", ROOT], check=True, cwd=ROOT)
    for stamp in ("run", "dev") if kind == "dev" else ("run",):
        (VENV / f"installed-{stamp}").touch()
    print(f"Installed in {time.monotonic() - started:.0f} seconds.", flush=True)


def main(arguments: Sequence[str]) -> None:
    """Check what was asked for, install it, and turn failures into one line."""
    if list(arguments) not in (["run"], ["dev"]):
        raise SystemExit("usage: environment.py run|dev")
    if sys.version_info < (3, 11):  # noqa: UP036 -- whoever starts this may have an older one
        raise SystemExit(f"Sycee needs Python 3.11 or later; this is {sys.version.split()[0]}")
    os.environ.pop("VIRTUAL_ENV", None)
    try:
        install(arguments[0])
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"Not installed: {error.cmd[0]} ended with exit code {error.returncode}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
