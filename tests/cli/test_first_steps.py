"""What the documentation shows in a terminal is what happens: its blocks are run, line by line, in order.

In a block of ``console``, a line that begins with ``$`` is a command and the lines below are what it
answers, shortened: each must be found in the answer, in order, where ``…`` stands for anything and
runs of blanks count as one. A command ends with exit code 0, or another than 0 when the answer shown
begins with ``error:``, or with the one that ``[exit code N]`` names.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sycee.cli import execute

ROOT = Path(__file__).parents[2]
_EXIT_CODE = re.compile(r"\[exit code (\d+)\]")
_VARIABLE = re.compile(r"([A-Z]+)=\$\((.*)\)")


class Step(msgspec.Struct):
    """A command and what it answers."""

    command: str
    answer: list[str]


def steps(text: str) -> Iterator[Step]:
    """Every command of a page's terminal blocks, in order."""
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        step: Step | None = None
        for line in block.splitlines():
            if line.startswith("$ "):
                if step is not None:
                    yield step
                step = Step(line[2:], [])
            elif step is not None:
                step.answer.append(line)
        if step is not None:
            yield step


def files_shown(text: str) -> dict[str, str]:
    """The files that a page asks to be saved, by name."""
    return dict(re.findall(r'```\w+ title="([\w.]+)"\n(.*?)```', text, re.DOTALL))


def check(step: Step, code: int, said: str) -> None:
    """Compare what a command said with what the page shows."""
    wanted = [line for line in step.answer if not _EXIT_CODE.fullmatch(line)]
    codes = [int(found[1]) for line in step.answer if (found := _EXIT_CODE.fullmatch(line))]
    if codes:
        assert code == codes[0], said
    else:
        assert (code != 0) == any(line.startswith("error:") for line in wanted), said
    lines = iter([" ".join(line.split()) for line in said.splitlines()])
    for line in wanted:
        parts = [re.escape(" ".join(part.split())) for part in line.split("…")]
        pattern = re.compile(".*".join(parts))
        told = any(pattern.match(one) for one in lines)
        assert told, f"{line!r} is not in what {step.command!r} says:\n{said}"


class Terminal:
    """Runs commands one after another; ``sycee`` in this process, since starting one takes a second."""

    def __init__(self, running: Any, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._bank = f"127.0.0.1:{running.port}"
        self._directory = directory
        self._capsys = capsys
        self._variables: dict[str, str] = {}

    def run(self, command: str) -> tuple[int, str]:
        """The exit code of a command, and what it said."""
        if command.startswith("export PATH="):
            return 0, ""
        if variable := _VARIABLE.fullmatch(command):
            code, said = self._run(variable[2])
            self._variables[variable[1]] = said.splitlines()[0]
            return code, ""
        return self._run(command.replace("127.0.0.1:8800", self._bank))

    def _run(self, command: str) -> tuple[int, str]:
        if not command.startswith("sycee ") or " | " in command:
            return self._in_shell(command)
        _, words = self._in_shell(f"printf '%s\\0' {command}")
        self._capsys.readouterr()
        code = execute(words.split("\0")[1:-1])
        return code, "".join(self._capsys.readouterr())

    def _in_shell(self, command: str) -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-c", command],
            env={
                **os.environ,
                **self._variables,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            },
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def terminal(
    running: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """A terminal on the machine of the demo bank, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("SYCEE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SYCEE_DATA_DIR", str(running.data_dir))
    return Terminal(running, tmp_path, capsys)


def follow(page: Path, terminal: Terminal) -> int:
    """Do what a page shows; how many commands that were."""
    text = page.read_text(encoding="utf-8")
    for name, content in files_shown(text).items():
        Path(name).write_text(content, encoding="utf-8")
    done = 0
    for step in steps(text):
        check(step, *terminal.run(step.command))
        done += 1
    return done


def test_the_first_steps_work_as_they_are_shown(terminal: Terminal) -> None:
    assert follow(ROOT / "docs" / "first-steps.md", terminal) > 20


def test_the_command_line_of_the_readme_works_as_it_is_shown(terminal: Terminal) -> None:
    assert follow(ROOT / "README.md", terminal) == 6


@pytest.mark.parametrize("said", ["posted now", "error: no"])
def test_an_answer_that_differs_is_noticed(said: str) -> None:
    with pytest.raises(AssertionError):
        check(Step("sycee", ["posted … twice"]), 0, said)
