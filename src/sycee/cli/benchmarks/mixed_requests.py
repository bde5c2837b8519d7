"""What a bank is asked in a day, in small: single payments, lists of them, balances, entries, statements."""

from __future__ import annotations

from sycee.kernel.ids import uuid7

SHARES = {"payment": 50, "list": 2, "balance": 30, "entries": 10, "statement": 8}
"""Requests of each kind in a hundred; a list has as many payments as the order says."""


class Mix:
    """Requests one after another, in fixed shares spread evenly, between accounts in turn."""

    def __init__(self, host: str, port: int, token: str, accounts: list[int], list_of: int) -> None:
        self._head = f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
        self._accounts = accounts
        self._list_of = list_of
        self._number = 0
        self._kinds = _spread(SHARES)

    def next(self) -> tuple[str, bytes]:
        """The kind of the next request, and its bytes."""
        self._number += 1
        kind = self._kinds[self._number % len(self._kinds)]
        if kind in {"payment", "list"}:
            return kind, self._payments(self._list_of if kind == "list" else 1)
        number = self._account(0)
        path = f"/v1/accounts/{number}/{kind}"
        if kind == "statement":
            path += "?from=2026-01-01&to=2026-01-31"
        elif kind == "entries":
            path += "?limit=20"
        return kind, f"GET {path} HTTP/1.1\r\n{self._head}\r\n".encode()

    def is_good(self, kind: str, body: bytes) -> bool:
        """Whether an answer with status 200 says what it should."""
        return kind not in {"payment", "list"} or body.count(b'"settled"') == self.payments(kind)

    def payments(self, kind: str) -> int:
        """How many payments a request of a kind has."""
        return {"payment": 1, "list": self._list_of}.get(kind, 0)

    def _account(self, offset: int) -> int:
        return self._accounts[(self._number * 7919 + offset) % len(self._accounts)]

    def _payments(self, count: int) -> bytes:
        items = ",".join(
            f'{{"id":"{uuid7()}","debit_account":"{self._account(place)}",'
            f'"creditor_account":"{self._account(place + 1 + self._number % 97)}","creditor_name":"Silk",'
            f'"amount":{{"currency":"CNY","value":"1.00"}}}}'
            for place in range(count)
        )
        body = f'{{"payments":[{items}]}}'
        head = (
            f"POST /v1/payments HTTP/1.1\r\n{self._head}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return (head + body).encode()


def _spread(shares: dict[str, int]) -> list[str]:
    """A hundred kinds in which each comes as evenly as it can."""
    total = sum(shares.values())
    due = [((place + 0.5) * total / count, kind) for kind, count in shares.items() for place in range(count)]
    return [kind for _, kind in sorted(due)]
