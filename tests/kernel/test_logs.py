"""Lines of the log: their forms, and what is taken out of them."""

from __future__ import annotations

import io
import logging
from typing import Any

import msgspec
import pytest

from sycee.kernel.logs import CONTEXT, JsonLines, TextLines, formatter, redacted, without_values


def line(
    message: str, *arguments: Any, error: BaseException | None = None, **facts: Any
) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, error.__traceback__)
    record = logging.LogRecord("sycee.test", logging.WARNING, "x.py", 1, message, arguments, exc_info)
    record.facts = facts
    return record


def as_json(record: logging.LogRecord) -> dict[str, Any]:
    return msgspec.json.decode(JsonLines().format(record), type=dict[str, Any])


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("token syc_0c2a675a6199_abcdef0123 is old", "token [redacted] is old"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln back", "got [redacted] back"),
        ("postgresql://sycee:hunter2@db1/sycee", "postgresql://[redacted]@db1/sycee"),
        ("password=hunter2 host=db1", "password=[redacted] host=db1"),
        ("one-time code: 123456", "one-time code: [redacted]"),
        ("cell 101: the day cannot be closed", "cell 101: the day cannot be closed"),
    ],
)
def test_what_opens_something_is_taken_out_of_every_line(said: str, shown: str) -> None:
    assert redacted(said) == shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("invalid literal for int() with base 10: 'Li Wei'", "invalid literal for int() with base 10: ?"),
        ("Key (name)=(Li Wei) already exists", "Key (name)? already exists"),
        ('no account "101000000000000001"', "no account ?"),
        ("account 101000000000000001 in cell 101", "account ? in cell 101"),
    ],
)
def test_what_an_exception_quotes_is_taken_out_of_it(said: str, shown: str) -> None:
    assert without_values(said) == shown


def test_a_json_line_is_one_line_whatever_is_in_it() -> None:
    text = JsonLines().format(line("first\nsecond %s", '"quoted"\r\n', route="/v1/x"))
    assert "\n" not in text
    found = msgspec.json.decode(text)
    assert found["message"] == 'first\nsecond "quoted"\r\n'
    assert (found["level"], found["logger"], found["route"]) == ("warning", "sycee.test", "/v1/x")
    assert found["time"].endswith("Z")


def test_a_line_belongs_to_the_request_at_hand() -> None:
    token = CONTEXT.set({"request_id": "r-1"})
    try:
        assert as_json(line("x"))["request_id"] == "r-1"
        assert "request_id=r-1" in TextLines().format(line("x"))
    finally:
        CONTEXT.reset(token)
    assert "request_id" not in as_json(line("x"))


def raised() -> BaseException:
    def read() -> None:
        try:
            int("Li Wei")
        except ValueError as cause:
            raise RuntimeError("could not read 62280042") from cause

    with pytest.raises(RuntimeError) as found:
        read()
    return found.value


def test_an_exception_is_told_with_its_frames_and_cause_and_without_values() -> None:
    found = as_json(line("failed", error=raised()))["exception"]
    assert (found["type"], found["message"]) == ("builtins.RuntimeError", "could not read ?")
    assert found["stack"][-1].endswith(" read")
    assert found["cause"]["message"] == "invalid literal for int() with base 10: ?"
    text = TextLines().format(line("failed", error=raised()))
    assert "builtins.RuntimeError: could not read ?" in text
    assert "caused by" in text
    assert "Li Wei" not in text


def test_people_read_text_on_a_terminal_and_programs_json_elsewhere() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    assert isinstance(formatter("auto", Terminal()), TextLines)
    assert isinstance(formatter("auto", io.StringIO()), JsonLines)
    assert isinstance(formatter("json", Terminal()), JsonLines)
    assert isinstance(formatter("text", io.StringIO()), TextLines)
