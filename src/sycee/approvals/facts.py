"""What a request is about, as far as rules and people need to know it: the command says it of its payload."""

from __future__ import annotations

import unicodedata
from uuid import UUID

import msgspec
from msgspec.structs import replace

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class Line(msgspec.Struct, frozen=True):
    """A line of what people read before they agree, in English and Chinese."""

    en: str
    zh: str


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request is about. ``customer`` and ``cell`` are None for what is the bank's own.

    ``amount`` is in the currency's minor unit. ``things`` name what it touches beyond accounts, such as
    ``rates:CNY.demand``: the segregation of duties looks at accounts and things. ``package`` is what the
    products are sold as, together: rules about it hold for each of them, and what somebody was given for the
    package reaches them.
    """

    customer: UUID | None = None
    cell: int | None = None
    accounts: tuple[int, ...] = ()
    products: tuple[str, ...] = ()
    package: str | None = None
    counterparties: tuple[str, ...] = ()
    amount: int | None = None
    currency: str | None = None
    things: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()

    def touched(self) -> list[str]:
        """Everything that it touches, accounts included, each once."""
        return sorted({*self.things, *(f"account:{number}" for number in self.accounts)})


def legible(facts: Facts) -> Facts:
    """The same, with nothing in its lines that is not seen, or that turns the order of reading round.

    Whoever asks chooses names and reasons, and could show another text than what is agreed to.
    """
    return replace(facts, lines=tuple(Line(_seen(line.en), _seen(line.zh)) for line in facts.lines))


def _seen(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(one) in _UNSEEN else one for one in text
    )
