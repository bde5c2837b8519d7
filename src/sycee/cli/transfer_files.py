"""Files of transfers: CSV with a header, or one JSON object a line in the shape of the API.

Lines are read as they are posted, so a file may be larger than memory. A line without an id gets one
that is made of the file's name, its place and its content. So a file that was posted in part is simply
posted again, and next month's payroll, in a file of another name, is not mistaken for this month's.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import msgspec

from sycee.client import Money, NewTransfer
from sycee.kernel.errors import InvalidInput, SyceeError
from sycee.kernel.ids import parse_account_number
from sycee.kernel.money import Amount

_LINES = UUID("6c1f7b5e-3f0c-5a51-9d0a-7d8f6f0a4c11")
_COLUMNS = frozenset(
    {
        *("id", "kind", "debit", "credit", "amount", "currency", "target", "linked"),
        *("value_date", "expires_at", "reference", "description"),
    }
)
_TRUE, _FALSE = frozenset({"1", "true", "yes"}), frozenset({"", "0", "false", "no"})


class UnreadableTransferFile(InvalidInput):
    """The file of transfers cannot be read"""

    code = "unreadable_transfer_file"


def count_transfers(file: Path, step: Callable[[], None]) -> int:
    """Read a whole file to be sure that it can be read, calling ``step`` for each transfer; their number."""
    count = 0
    for _ in read_transfers(file):
        count += 1
        step()
    return count


def read_transfers(file: Path) -> Iterator[NewTransfer]:
    """The transfers of a ``.csv`` or JSON-lines file. Raises UnreadableTransferFile naming the line."""
    reader = _read_csv if file.suffix.lower() == ".csv" else _read_json_lines
    try:
        yield from reader(file)
    except UnicodeDecodeError as error:
        raise UnreadableTransferFile(f"{file.name} is not UTF-8 text: {error.reason}") from error


def _read_csv(file: Path) -> Iterator[NewTransfer]:
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream, strict=True)
        names = set(rows.fieldnames or ())
        if unknown := names - _COLUMNS:
            raise UnreadableTransferFile(
                f"{file.name} has unknown columns: {', '.join(sorted(map(str, unknown)))}",
                hint=f"the columns are {', '.join(sorted(_COLUMNS))}",
            )
        try:
            for place, row in enumerate(rows, start=1):
                if None in row or None in row.values():
                    raise UnreadableTransferFile(
                        f"{file.name}, line {rows.line_num}: as many cells as the header"
                    )
                with _Naming(file, rows.line_num):
                    cells = {name: cell.strip() for name, cell in row.items()}
                    transfer = _from_cells(cells, _id_for(file, place, repr(sorted(cells.items()))))
                yield transfer
        except csv.Error as error:
            raise UnreadableTransferFile(f"{file.name}, line {rows.line_num}: {error}") from error


def _read_json_lines(file: Path) -> Iterator[NewTransfer]:
    with file.open("rb") as stream:
        for place, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            with _Naming(file, place):
                found = msgspec.json.decode(line, type=dict[str, Any])
                transfer = msgspec.convert({"id": _id_for(file, place, line.decode()), **found}, NewTransfer)
                if unknown := set(found) - {field.name for field in msgspec.structs.fields(NewTransfer)}:
                    raise UnreadableTransferFile(f"unknown members: {', '.join(sorted(unknown))}")
            yield transfer


def _from_cells(cells: dict[str, str], made_id: UUID) -> NewTransfer:
    def given(name: str) -> str | None:
        return cells.get(name) or None

    linked = cells.get("linked", "").lower()
    if linked not in _TRUE | _FALSE:
        raise UnreadableTransferFile(f"linked is {linked!r}: true or false is expected")
    amount, currency = given("amount"), given("currency")
    if (amount is None) != (currency is None):
        raise UnreadableTransferFile("amount and currency go together")
    debit, credit, target = given("debit"), given("credit"), given("target")
    value_date, expires_at, own_id = given("value_date"), given("expires_at"), given("id")
    return NewTransfer(
        id=UUID(own_id) if own_id else made_id,
        kind=msgspec.convert(cells.get("kind") or "transfer", _kind),
        debit=str(parse_account_number(debit)) if debit else None,
        credit=str(parse_account_number(credit)) if credit else None,
        amount=Money.of(Amount.parse(amount, currency)) if amount and currency else None,
        target=UUID(target) if target else None,
        linked=linked in _TRUE,
        value_date=date.fromisoformat(value_date) if value_date else None,
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        reference=given("reference"),
        description=given("description"),
    )


_kind: Any = next(field.type for field in msgspec.structs.fields(NewTransfer) if field.name == "kind")


def _id_for(file: Path, place: int, content: str) -> UUID:
    return uuid5(_LINES, f"{file.name}:{place}:{content}")


class _Naming:
    """Turns whatever is wrong with a line into one error that names the line."""

    def __init__(self, file: Path, line: int) -> None:
        self._where = f"{file.name}, line {line}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, SyceeError):
            raise UnreadableTransferFile(f"{self._where}: {error.detail}", **error.facts) from error
        if isinstance(error, (ValueError, msgspec.ValidationError, msgspec.DecodeError)):
            raise UnreadableTransferFile(f"{self._where}: {error}") from error
