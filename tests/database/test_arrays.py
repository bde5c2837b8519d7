"""Array parameters arrive in PostgreSQL as they were, NULLs and extremes included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from sycee.database import (
    Database,
    DateArray,
    Int2Array,
    Int4Array,
    Int8Array,
    TextArray,
    TimestamptzArray,
    UuidArray,
)

SHANGHAI = timezone(timedelta(hours=8))
ID = UUID("0198f1c2-3b4d-7e5f-8a9b-0c1d2e3f4a5b")
CASES: list[tuple[type[Any], str, list[Any]]] = [
    (Int2Array, "smallint", [-(2**15), 0, 2**15 - 1]),
    (Int4Array, "integer", [-(2**31), 0, 2**31 - 1]),
    (Int8Array, "bigint", [-(2**63), -1, 0, 1, 2**63 - 1]),
    (UuidArray, "uuid", [UUID(int=0), ID, UUID(int=2**128 - 1)]),
    (TextArray, "text", ["", "NULL", '银行 {a,b} "quoted" \\', "x" * 10_000]),
    (DateArray, "date", [date(1, 1, 1), date(1999, 12, 31), date(2000, 1, 1), date(9999, 12, 31)]),
    (
        TimestamptzArray,
        "timestamptz",
        [
            datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
            datetime(2000, 1, 1, tzinfo=UTC),
            datetime(2026, 2, 28, 9, 30, 0, 1, tzinfo=SHANGHAI),
        ],
    ),
]


async def _there_and_back(
    database: Database, wrapper: type[Any], type_name: str, values: list[Any]
) -> list[Any]:
    async with database.transaction() as tx:
        query = (
            "SELECT array_agg(v ORDER BY n) FROM unnest(%s) WITH ORDINALITY AS u(v, n), pg_typeof(v) AS t "
            f"WHERE t = '{type_name}'::regtype"
        )
        row = await (await tx.execute(query.encode(), (wrapper(values),))).fetchone()
    assert row is not None
    found: list[Any] = row[0]
    return found


@pytest.mark.parametrize(("wrapper", "type_name", "values"), CASES)
async def test_elements_arrive_as_they_were(
    database: Database, wrapper: type[Any], type_name: str, values: list[Any]
) -> None:
    assert await _there_and_back(database, wrapper, type_name, values) == values


@pytest.mark.parametrize(("wrapper", "type_name", "values"), CASES)
async def test_none_arrives_as_null(
    database: Database, wrapper: type[Any], type_name: str, values: list[Any]
) -> None:
    with_nulls = [None, *values, None]
    assert await _there_and_back(database, wrapper, type_name, with_nulls) == with_nulls
    assert await _there_and_back(database, wrapper, type_name, [None, None]) == [None, None]


@pytest.mark.parametrize(("wrapper", "type_name", "values"), CASES)
async def test_an_empty_sequence_is_an_empty_array(
    database: Database, wrapper: type[Any], type_name: str, values: list[Any]
) -> None:
    async with database.transaction() as tx:
        query = f"SELECT %s = '{{}}'::{type_name}[], cardinality(%s)"
        row = await (await tx.execute(query.encode(), (wrapper([]), wrapper(())))).fetchone()
    assert row == (True, 0)


@pytest.mark.parametrize(
    "parameter",
    [
        Int8Array([2**63]),
        Int2Array([2**15]),
        Int4Array([None, 2**31]),
        Int8Array(["1"]),  # type: ignore[list-item]
        Int8Array([1.0]),  # type: ignore[list-item]
        UuidArray(["0198f1c2-3b4d-7e5f-8a9b-0c1d2e3f4a5b"]),  # type: ignore[list-item]
        TextArray([1]),  # type: ignore[list-item]
        TextArray(["\ud800"]),
        TextArray(["a\0b"]),
        DateArray(["2026-01-01"]),  # type: ignore[list-item]
        TimestamptzArray([datetime(2026, 1, 1)]),  # noqa: DTZ001
    ],
)
async def test_an_element_that_does_not_fit_is_refused(database: Database, parameter: object) -> None:
    with pytest.raises(psycopg.DataError):
        async with database.transaction() as tx:
            await tx.execute("SELECT %s", (parameter,))


async def test_ten_thousand_elements_of_every_type_make_one_statement(database: Database) -> None:
    ids = [uuid4() for _ in range(10_000)]
    async with database.transaction() as tx:
        row = await (
            await tx.execute(
                "SELECT count(DISTINCT i), sum(n), max(t) FROM unnest(%s, %s, %s) AS u(i, n, t)",
                (UuidArray(ids), Int8Array(range(10_000)), TextArray([str(n) for n in range(10_000)])),
            )
        ).fetchone()
    assert row == (10_000, 49_995_000, "9999")


async def test_ordinary_lists_are_still_taken(database: Database) -> None:
    async with database.transaction() as tx:
        row = await (await tx.execute("SELECT %s::bigint[], %b::text[]", ([1, 2], ["a"]))).fetchone()
        assert row == ([1, 2], ["a"])
        await tx.execute("CREATE TEMPORARY TABLE copied (numbers bigint[])")
        async with tx.cursor().copy("COPY copied FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(["int8[]"])
            await copy.write_row([[1, 2]])
        assert await (await tx.execute("SELECT numbers FROM copied")).fetchone() == ([1, 2],)
