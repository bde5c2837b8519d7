"""The README's first program: it runs as it stands, and it is as short as it claims to be."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.client.conftest import Service

README = Path(__file__).parents[2] / "README.md"


def first_program() -> str:
    found = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, "the README has no Python program"
    return found[1]


def test_the_first_program_of_the_readme_runs_as_it_stands(service: Service, tmp_path: Path) -> None:
    environ = {"SYCEE_URL": service.url, "SYCEE_TOKEN": service.token, "SYCEE_DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", first_program()],
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "posted 1234.56 CNY\n"


def test_the_first_program_of_the_readme_has_ten_lines_at_most() -> None:
    assert len([line for line in first_program().splitlines() if line.strip()]) <= 10
