"""Settings: everything that can be set from outside, read once from ``SYCEE_*`` variables.

One frozen value is made at the start and handed down; nothing else reads the environment.
``SETTINGS`` describes every field, for the generated reference and for ``--help`` texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_type_hints

import msgspec

from sycee.kernel.errors import InvalidInput
from sycee.kernel.logs import LogForm

PREFIX = "SYCEE_"
LogLevel = Literal["debug", "info", "warning", "error"]
LoggedRequests = Literal["all", "failed", "none"]


class InvalidSetting(InvalidInput):
    """A setting has a value that cannot be used"""

    code = "invalid_setting"


def _default_data_dir() -> Path:
    return Path("~/.local/share/sycee").expanduser()


def _doc(description: str, **bounds: Any) -> msgspec.Meta:
    return msgspec.Meta(description=description, **bounds)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting of a Sycee process; each field is read from ``SYCEE_`` and its name in capitals."""

    data_dir: Annotated[
        Path, _doc("Directory of the embedded database, its log and the keys. Made when missing.")
    ] = msgspec.field(default_factory=_default_data_dir)
    database_url: Annotated[
        str | None,
        _doc(
            "PostgreSQL 16 or later to use instead of the embedded server. May name several hosts, as "
            "`postgresql://a,b,c/bank`; the one that takes writes is used, and followed after a failover."
        ),
    ] = None
    backup_dir: Annotated[
        Path | None,
        _doc(
            "Directory of the bank's backups, better on another disk or machine. Unset: beside the data "
            "directory, under its name with `-backups` after it."
        ),
    ] = None
    embedded_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)] | None,
        _doc(
            "TCP port on 127.0.0.1 on which the embedded server listens too, with a password. "
            "Unset: a Unix socket only."
        ),
    ] = None
    host: Annotated[str, _doc("Address on which the API listens.")] = "127.0.0.1"
    port: Annotated[int, _doc("Port on which the API listens.", ge=1, le=65535)] = 8800
    workers: Annotated[int, _doc("Processes that serve the API.", ge=1, le=256)] = 1
    database_min_connections: Annotated[
        int, _doc("Database connections that each process keeps open.", ge=0, le=1000)
    ] = 1
    database_max_connections: Annotated[
        int, _doc("Database connections that each process opens at most.", ge=1, le=1000)
    ] = 16
    database_patience_s: Annotated[
        int,
        _doc(
            "How long a command is run again, and a request held, while the database does not answer, in "
            "seconds: longer than a failover takes, and half of what clients wait at most.",
            ge=1,
            le=600,
        ),
    ] = 30
    max_body_bytes: Annotated[
        int, _doc("Largest request body that is read, in bytes.", ge=1024, le=1 << 30)
    ] = 16 * 1024 * 1024
    max_bulk_bytes: Annotated[
        int, _doc("Largest file of a bulk order that is taken, in bytes.", ge=1024, le=1 << 34)
    ] = 2 * 1024 * 1024 * 1024
    max_transfers: Annotated[int, _doc("Most transfers that one request may carry.", ge=1, le=100_000)] = (
        10_000
    )
    max_requests: Annotated[
        int,
        _doc(
            "Most requests that each process has under way; what comes beyond is answered with 503 and "
            "`Retry-After`. Health and metrics are always answered; signing in and agreeing have an eighth "
            "as many places of their own. 0: any number.",
            ge=0,
            le=100_000,
        ),
    ] = 512
    max_waiting_bytes: Annotated[
        int, _doc("Most bytes of request bodies that each process has under way.", ge=1024, le=1 << 34)
    ] = 256 * 1024 * 1024
    requests_per_s: Annotated[
        int, _doc("Most requests a second that each process takes of one principal. 0: any number.", ge=0)
    ] = 0
    sign_ins_per_minute: Annotated[
        int, _doc("Most attempts to sign in that each process takes of one address in a minute.", ge=1)
    ] = 60
    password_days: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=3650)] | None,
        _doc("Days after which a password has to be changed. Unset: only when there is a reason."),
    ] = None
    trusted_proxies: Annotated[
        str,
        _doc(
            "Addresses of reverse proxies, with commas between, whose `X-Forwarded-For` is believed. "
            "Unset: nobody's."
        ),
    ] = ""
    public_url: Annotated[
        str,
        _doc(
            "Address under which clients know the API, as `https://bank.example`: OAuth assertions may name "
            "its token endpoint as their audience. Unset: they name `sycee`."
        ),
    ] = ""
    batching: Annotated[
        bool, _doc("Whether requests that arrive together are posted in one database transaction.")
    ] = True
    batch_max_items: Annotated[
        int, _doc("Most transfers that are posted in one database transaction.", ge=1, le=100_000)
    ] = 8_192
    close_day_at: Annotated[
        str | None,
        _doc(
            "Local time at which every cell's day is closed, as `23:30`; a time before noon is one of the "
            "next calendar day. Unset: nobody closes days but who asks for it."
        ),
    ] = None
    close_day_calendar: Annotated[
        str, _doc("Calendar whose next business day follows a day that closes by itself.")
    ] = "every_day"
    worker_poll_ms: Annotated[
        int,
        _doc(
            "How long the worker rests at a rail that has nothing to do, in milliseconds.", ge=10, le=60_000
        ),
    ] = 500
    worker_metrics_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)] | None,
        _doc(
            "Port on which a worker tells Prometheus what it counts, and how the bank stands. Unset: on none."
        ),
    ] = None
    api_metrics_port: Annotated[
        Annotated[int, msgspec.Meta(ge=1, le=65535)] | None,
        _doc(
            "First of as many ports as `SYCEE_WORKERS` says, on which each process of the API tells "
            "Prometheus what it counts. Unset: only `/metrics` of the API, which one of them answers."
        ),
    ] = None
    rail_lease_ms: Annotated[
        int,
        _doc(
            "How long a message that a worker carries to a rail is left alone by others, in milliseconds.",
            ge=0,
            le=600_000,
        ),
    ] = 30_000
    rail_retry_ms: Annotated[
        int,
        _doc(
            "First pause after a rail did not answer, in milliseconds; each one after doubles it.",
            ge=0,
            le=600_000,
        ),
    ] = 1_000
    rail_enquire_ms: Annotated[
        int,
        _doc(
            "How long a rail's answer is waited for before it is asked for, in milliseconds.",
            ge=0,
            le=86_400_000,
        ),
    ] = 10_000
    webhook_timeout_ms: Annotated[
        int,
        _doc("How long a webhook's response is waited for, in milliseconds.", ge=10, le=60_000),
    ] = 10_000
    webhook_retry_ms: Annotated[
        int,
        _doc(
            "First pause after a webhook failed, in milliseconds; each one after is four times as long.",
            ge=1,
            le=3_600_000,
        ),
    ] = 5_000
    webhooks_anywhere: Annotated[
        bool,
        _doc(
            "Whether webhooks go to private addresses and over plain HTTP too: for development, never where "
            "customers register them."
        ),
    ] = False
    time_zone: Annotated[str, _doc("Time zone of local times, by its IANA name.")] = "Asia/Shanghai"
    log_level: Annotated[LogLevel, _doc("Least severe messages that are logged.")] = "info"
    log_format: Annotated[
        LogForm,
        _doc("Form of the log: one JSON object a line, or text. `auto`: text on a terminal, JSON elsewhere."),
    ] = "auto"
    log_requests: Annotated[
        LoggedRequests, _doc("Requests that have a line in the log. `failed`: those that are answered 5xx.")
    ] = "all"

    @property
    def backups(self) -> Path:
        """The directory of the bank's backups."""
        return self.backup_dir or self.data_dir.with_name(f"{self.data_dir.name}-backups")

    @property
    def proxies(self) -> frozenset[str]:
        """The addresses of ``trusted_proxies``."""
        return frozenset(part.strip() for part in self.trusted_proxies.split(",") if part.strip())

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Settings:
        """The settings that an environment (``os.environ``) asks for; unset or empty means the default.

        Raises InvalidSetting naming the variable, the value and what would be right.
        """
        values: dict[str, Any] = {}
        for setting in SETTINGS:
            text = environ.get(setting.variable, "").strip()
            if text:
                values[setting.name] = setting.read(text)
        settings = cls(**values)
        if settings.database_min_connections > settings.database_max_connections:
            raise InvalidSetting(
                f"{PREFIX}DATABASE_MIN_CONNECTIONS is {settings.database_min_connections}, "
                f"more than {PREFIX}DATABASE_MAX_CONNECTIONS, {settings.database_max_connections}"
            )
        return settings


class Setting(msgspec.Struct, frozen=True):
    """One setting as documentation shows it: field, variable, kind of value, default, meaning."""

    name: str
    variable: str
    kind: str
    default: str
    description: str
    annotation: Any

    def read(self, text: str) -> Any:
        """The value that a variable's text stands for. Raises InvalidSetting."""
        if self.kind == "path":
            return Path(text).expanduser().absolute()
        if self.kind == "switch":
            text = {"on": "true", "yes": "true", "off": "false", "no": "false"}.get(text.lower(), text)
        try:
            return msgspec.convert(text, self.annotation, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidSetting(f"{self.variable} is {text!r}: {str(error).lower()}") from None


def _kind(annotation: Any) -> str:
    kinds = {Path: "path", bool: "switch", int: "number", str: "text"}
    if annotation in kinds:
        return kinds[annotation]
    choices = get_args(annotation)
    if type(None) in choices:
        return _kind(next(choice for choice in choices if choice is not type(None)))
    return " | ".join(choices)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "" if value is None else str(value)


def _describe() -> tuple[Setting, ...]:
    bare = get_type_hints(Settings)
    annotated = get_type_hints(Settings, include_extras=True)
    described = []
    for field in msgspec.structs.fields(Settings):
        meta = next(m for m in annotated[field.name].__metadata__ if isinstance(m, msgspec.Meta))
        default = "~/.local/share/sycee" if field.name == "data_dir" else _shown(field.default)
        described.append(
            Setting(
                name=field.name,
                variable=PREFIX + field.name.upper(),
                kind=_kind(bare[field.name]),
                default=default,
                description=meta.description or "",
                annotation=annotated[field.name],
            )
        )
    return tuple(described)


SETTINGS: tuple[Setting, ...] = _describe()
"""Every setting, in the order in which the reference lists them."""
