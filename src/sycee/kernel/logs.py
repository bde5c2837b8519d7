"""Logs: one JSON object a line for programs, or plain lines for people, and no secrets in either.

``set_up`` is called once by a process that serves or works. What is known of the request at hand (its id, its
trace) stands in ``CONTEXT`` and goes into every line that is written on its behalf. Every line passes through
``redacted``; exceptions are shown with their frames, and their messages without the values in them, for a
driver quotes what it was given.
"""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from traceback import StackSummary, walk_tb
from typing import Any, Literal, TextIO

import msgspec

LogForm = Literal["auto", "text", "json"]

CONTEXT: ContextVar[dict[str, str] | None] = ContextVar("sycee_log_context", default=None)
"""What every line says of the request that it belongs to; None outside of requests."""

_MOST_FRAMES = 40
# Tokens of ours (syc_…), signed ones (JWT), what follows "Bearer" or "Basic", and passwords in URLs.
_SECRETS = re.compile(
    r"syc_\w+|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?|(?<=://)[^/\s:@]*:[^@\s/]*(?=@)"
    r"|(?P<kept>(?i:\b(?:bearer|basic)\s+|\b(?:password|passwd|secret|token|code|otp)\s*[=:]\s*))[^\s,;&\"']+"
)
_VALUES = re.compile(r"'(?:[^'\\\n]|\\.|'')*'|\"(?:[^\"\\\n]|\\.)*\"|“[^”]*”|=\([^)\n]*\)|\b\d{4,}\b")


def redacted(text: str) -> str:
    """A text without what opens something: tokens, passwords in URLs, and the like."""
    return _SECRETS.sub(r"\g<kept>[redacted]", text)


def without_values(text: str) -> str:
    """What an exception says, without what it quotes: quoted texts and long numbers become ``?``."""
    return redacted(_VALUES.sub("?", text))


def told(error: BaseException) -> dict[str, Any]:
    """An exception as a log shows it: its kind, what it says, where it was raised, and what caused it.

    A database's error has its SQLSTATE and the names of table, column and constraint; its DETAIL, which
    quotes whole rows, is left out.
    """
    diag = getattr(error, "diag", None)
    said = getattr(diag, "message_primary", None) or str(error).partition("\nDETAIL")[0]
    found: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "message": without_values(" ".join(said.split())),
    }
    if state := getattr(error, "sqlstate", None):
        found["sqlstate"] = state
    for name in ("table_name", "column_name", "constraint_name"):
        if value := getattr(diag, name, None):
            found[name] = value
    frames = StackSummary.extract(walk_tb(error.__traceback__), limit=-_MOST_FRAMES, lookup_lines=False)
    found["stack"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and cause is not error:
        found["cause"] = told(cause)
    return found


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    """What a line says beside its message: of the request, and what the caller gave as ``facts``."""
    return {**(CONTEXT.get() or {}), **getattr(record, "facts", {})}


def _time(record: logging.LogRecord) -> datetime:
    return datetime.fromtimestamp(record.created, UTC)


class JsonLines(logging.Formatter):
    """A line is one JSON object: time, level, logger, message, the request's id and trace, further facts."""

    _encode = msgspec.json.Encoder(enc_hook=str).encode

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
            **_facts(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = told(record.exc_info[1])
        return self._encode(line).decode()


class TextLines(logging.Formatter):
    """A line for people: time, level, message, facts; exceptions below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        said = redacted(record.getMessage())
        parts = [
            f"{_time(record):%H:%M:%S.%f}"[:-3],
            f"{record.levelname.lower():7}",
            f"{record.name}: {said}",
        ]
        parts += [f"{name}={value}" for name, value in _facts(record).items()]
        line = " ".join(parts)
        if record.exc_info and record.exc_info[1] is not None:
            line += "".join(_below(told(record.exc_info[1])))
        return line


def _below(error: dict[str, Any]) -> list[str]:
    names = ("sqlstate", "table_name", "column_name", "constraint_name")
    facts = "".join(f" {name}={error[name]}" for name in names if name in error)
    lines = [f"\n    {error['type']}: {error['message']}{facts}"]
    lines += [f"\n        {frame}" for frame in error["stack"]]
    if "cause" in error:
        lines += ["\n    caused by", *_below(error["cause"])]
    return lines


def formatter(form: LogForm, stream: TextIO) -> logging.Formatter:
    """The formatter of a form; ``auto`` is plain lines on a terminal, JSON elsewhere."""
    people = form == "text" or (form == "auto" and stream.isatty())
    return TextLines() if people else JsonLines()


def set_up(level: str, form: LogForm) -> None:
    """Let this process log to standard error, in this form, from this level on."""
    # What no line shows need not be found out for every line.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter(form, sys.stderr))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def server_configuration(form: LogForm) -> dict[str, Any]:
    """The configuration of logging for the HTTP server, so that its own lines have the form of ours."""
    made = "TextLines" if isinstance(formatter(form, sys.stderr), TextLines) else "JsonLines"
    shown = {"class": "logging.StreamHandler", "formatter": "lines", "stream": "ext://sys.stderr"}
    return {
        "formatters": {"lines": {"()": f"{__name__}.{made}"}},
        "handlers": {"lines": shown},
        "loggers": {"_granian": {"handlers": ["lines"], "level": "INFO", "propagate": False}},
    }
