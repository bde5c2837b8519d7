"""Every operation that writes asks others to agree, or stands on a list that says why one does it alone.

A new operation is in neither and fails here: whoever adds it says which. The list is the one that the
reference shows.
"""

from __future__ import annotations

import pytest

from sycee.approvals import all_commands, command_named
from tools.reference_pages.approvals import ALONE, writing

OPERATIONS = {id: operation for id, (_, operation) in writing().items()}
EXCUSED = {id: reason for reason, ids in ALONE.items() for id in ids}
DECIDES = {
    "withdraw_component_proposal",
    "withdraw_rail_terms",
    "reject_component_proposal",
    "reject_rail_terms",
}
"""What ends a request: it never waits itself."""

OUTCOMES = {"move_agreements", "sign_agreements"}
"""What is answered with an outcome for each of a list, which says that it waits."""

PROPOSES = {
    "propose_approval_rules",
    "propose_components",
    "propose_customer_approval_rules",
    "propose_rail_terms",
    "propose_rates",
    "propose_substitution",
}
"""What is answered with a proposal, which always waits: its state says so."""


def test_every_operation_that_writes_asks_others_or_is_excused_with_a_reason() -> None:
    asks = {id for id, operation in OPERATIONS.items() if operation.command is not None}
    assert asks & EXCUSED.keys() == set(), "these ask others: take them off the list of what one does alone"
    assert OPERATIONS.keys() - asks - EXCUSED.keys() == set(), (
        "give these a command, or say in tools/reference_pages/approvals.py why one does it alone"
    )
    assert EXCUSED.keys() - OPERATIONS.keys() == set(), "there are no such operations (any more)"
    assert len(EXCUSED) == sum(len(ids) for ids in ALONE.values()), "an operation has two reasons"


@pytest.mark.parametrize("id", sorted(id for id, one in OPERATIONS.items() if one.command is not None))
def test_an_operation_under_a_command_says_that_its_caller_may_have_to_wait(id: str) -> None:
    operation = OPERATIONS[id]
    assert operation.command is not None
    command_named(operation.command)  # there is one
    statuses = {operation.status, *operation.alternatives, *operation.others}
    assert 202 in statuses or id in DECIDES | OUTCOMES | PROPOSES


def test_every_command_is_asked_for_by_an_operation() -> None:
    asked = {operation.command for operation in OPERATIONS.values()}
    asked |= {command.like for command in all_commands() if command.name in asked}  # a machine's way of it
    unasked = {command.name for command in all_commands()} - asked
    assert {name for name in unasked if not name.startswith("tests.")} == set()


def test_what_belongs_to_the_bank_itself_takes_a_second_person_whatever_the_rules_say() -> None:
    own = {
        "approvals.rules",
        "approvals.substitute",
        "components.release",
        "customers.mandates",
        "debits.change_terms",
        "escrow.agreement",
        "identity.grants",
        "identity.machines",
        "identity.reset",
        "payments.bank_transfer",
        "rails.change_terms",
        "rails.connect",
        "rates.release",
        "screening.replace_list",
    }
    assert {name: command_named(name).least for name in own} == dict.fromkeys(own, 1)
