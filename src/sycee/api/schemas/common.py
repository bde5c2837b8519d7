"""The shapes that every noun of the API shares: amounts, account numbers, problems.

The structs of this package are the wire format and nothing else: they say what JSON goes in and
comes out, and what each field means. They hold no rule of the bank. The OpenAPI document is made
from the same structs that decode and encode, so it cannot say anything else than what happens.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

EXAMPLE_PAYER = "101000000000000013"
EXAMPLE_PAYEE = "101000000000000021"
EXAMPLE_TRANSFER = "0199a5c0-1c00-7000-8000-0000000000a1"
EXAMPLE_FILE = "0199a5c0-1c00-7000-8000-0000000000f1"
EXAMPLE_FOLLOW_UP = "0199a5c0-1c00-7000-8000-0000000000b2"

AccountNumber = Annotated[
    str,
    Meta(
        title="AccountNumber",
        description="18 digits as a string (a JSON number loses digits past 2^53): "
        "cell, serial, check digit.",
        examples=[EXAMPLE_PAYER],
        extra_json_schema={"pattern": "^[1-9][0-9]{17}$"},
    ),
]
CurrencyCode = Annotated[
    str,
    Meta(
        description="ISO 4217 code, upper case.",
        examples=["CNY"],
        extra_json_schema={"pattern": "^[A-Z]{3}$"},
    ),
]
Reference = Annotated[
    str, Meta(max_length=140, description="The business's own reference.", examples=["INV-2026-0815"])
]
Description = Annotated[
    str, Meta(max_length=500, description="Free text for people.", examples=["Steel plates, August"])
]
Cell = Annotated[int, Meta(ge=100, le=999, description="The cell (unit of data placement), 100 to 999.")]
Cursor = Annotated[
    str,
    Meta(
        max_length=500,
        description="An opaque place in a list: pass `next` of the page before to read on.",
    ),
]


class Wire(msgspec.Struct, forbid_unknown_fields=True):
    """What every shape on the wire keeps to: no unknown fields."""


class Money(Wire):
    """An amount of money. Always a string: never a JSON number, which is a float to many programs."""

    currency: CurrencyCode
    value: Annotated[
        str,
        Meta(
            description="Decimal digits with at most the decimals that the currency has; "
            "no exponent, no separators.",
            examples=["1234.56"],
            extra_json_schema={"pattern": r"^-?[0-9]{1,18}(\.[0-9]{1,4})?$"},
        ),
    ]


class FieldProblem(Wire, omit_defaults=True):
    """One thing that is wrong with one field."""

    pointer: Annotated[
        str,
        Meta(
            description="JSON pointer (RFC 6901) into the body.",
            examples=["/transfers/0/amount/value"],
        ),
    ]
    code: Annotated[str, Meta(description="Stable code.", examples=["invalid_amount"])]
    detail: Annotated[str, Meta(description="What is wrong, for people.")]


class Problem(msgspec.Struct, omit_defaults=True):
    """Problem details (RFC 9457). Programs switch on `code`; further facts may stand beside it."""

    type: Annotated[
        str,
        Meta(description="Where this problem is described.", examples=["/docs/problems#account_not_found"]),
    ]
    title: Annotated[str, Meta(description="What went wrong, in general.")]
    status: Annotated[int, Meta(description="The HTTP status, repeated.", examples=[404])]
    detail: Annotated[str, Meta(description="What went wrong this time.")]
    code: Annotated[str, Meta(description="Stable code for programs.", examples=["account_not_found"])]
    instance: Annotated[str, Meta(description="The path that was asked for.")]
    errors: Annotated[
        list[FieldProblem] | None,
        Meta(description="What is wrong field by field, when the body was at fault."),
    ] = None
    request_id: Annotated[
        str | None, Meta(description="The request, as the bank's log names it: `X-Request-Id` of the answer.")
    ] = None
    log_reference: Annotated[
        str | None, Meta(description="Quote this when reporting an internal error: the log has the cause.")
    ] = None


def money_example(value: str, currency: str = "CNY") -> dict[str, Any]:
    """An amount as it stands in the examples of the OpenAPI document."""
    return {"currency": currency, "value": value}
