"""Scopes: the vocabulary of permissions that roles, tokens and OAuth clients are described in."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from sycee.identity.errors import UnknownScope


class Scope(StrEnum):
    """What somebody may do."""

    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_WRITE = "accounts:write"
    TRANSFERS_READ = "transfers:read"
    TRANSFERS_WRITE = "transfers:write"
    PAYMENTS_READ = "payments:read"
    PAYMENTS_WRITE = "payments:write"
    PAYMENTS_APPROVE = "payments:approve"
    PAYMENTS_OPERATE = "payments:operate"
    PAYROLL_READ = "payroll:read"
    APPROVALS_READ = "approvals:read"
    APPROVALS_DECIDE = "approvals:decide"
    APPROVALS_RULES = "approvals:rules"
    BOOKS_READ = "books:read"
    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    PRODUCTS_READ = "products:read"
    PRODUCTS_PROPOSE = "products:propose"
    PRODUCTS_RELEASE = "products:release"
    AGREEMENTS_READ = "agreements:read"
    AGREEMENTS_WRITE = "agreements:write"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_RUN = "operations:run"
    IDENTITY_READ = "identity:read"
    IDENTITY_WRITE = "identity:write"
    SECURITY_READ = "security:read"
    WEBHOOKS_WRITE = "webhooks:write"
    ADMIN = "admin"


SCOPES: dict[Scope, str] = {
    Scope.ACCOUNTS_READ: "See accounts.",
    Scope.ACCOUNTS_WRITE: "Open accounts and change them.",
    Scope.TRANSFERS_READ: "See transfers.",
    Scope.TRANSFERS_WRITE: "Post, void and reverse transfers.",
    Scope.PAYMENTS_READ: "See payments and what became of them.",
    Scope.PAYMENTS_WRITE: "Send payments and payment files, and see what became of them.",
    Scope.PAYMENTS_APPROVE: "Say yes or no to payments that others made.",
    Scope.PAYMENTS_OPERATE: "Run the rails: their terms, reconciliation, repair.",
    Scope.PAYROLL_READ: "See the single payments of payrolls.",
    Scope.APPROVALS_READ: "See what waits for approval, and what became of it.",
    Scope.APPROVALS_DECIDE: "Say yes or no to what waits for approval.",
    Scope.APPROVALS_RULES: "Propose and release the rules of approval.",
    Scope.BOOKS_READ: "See balances, entries, statements and the trial balance.",
    Scope.CUSTOMERS_READ: "See customers, their groups, owners and mandates.",
    Scope.CUSTOMERS_WRITE: "Register customers and change them.",
    Scope.PRODUCTS_READ: "See components, conditions, products, packages and rates.",
    Scope.PRODUCTS_PROPOSE: "Propose conditions, products, packages and rates.",
    Scope.PRODUCTS_RELEASE: "Release what somebody else proposed.",
    Scope.AGREEMENTS_READ: "See agreements, deposits and interest.",
    Scope.AGREEMENTS_WRITE: "Sign, change and end agreements; give notice, withdraw, renew.",
    Scope.OPERATIONS_READ: "See what the ends of days did and produced.",
    Scope.OPERATIONS_RUN: "Run the end of a day.",
    Scope.IDENTITY_READ: "See principals, their sessions and clients.",
    Scope.IDENTITY_WRITE: "Make principals, suspend and close them, reset their credentials.",
    Scope.SECURITY_READ: "See and verify the security log.",
    Scope.WEBHOOKS_WRITE: "Set up webhooks.",
    Scope.ADMIN: "Everything, cells and business dates included.",
}
"""Every scope and what it allows. ``admin`` includes all the others."""


def known_scopes(scopes: Collection[str]) -> list[str]:
    """The scopes, sorted and each once. Raises UnknownScope."""
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        raise UnknownScope(f"{', '.join(unknown)}: the scopes are {', '.join(SCOPES)}")
    return sorted(set(scopes))


def narrowed(held: Collection[str], asked: Collection[str]) -> frozenset[str]:
    """What remains of the scopes asked for when only those held may be had."""
    if Scope.ADMIN in held:
        return frozenset(asked)
    if Scope.ADMIN in asked:
        return frozenset(held)
    return frozenset(held) & frozenset(asked)
