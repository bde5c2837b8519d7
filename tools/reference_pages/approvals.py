"""Maker-checker: every command that waits for others' yes, and every operation that one person does alone."""

from __future__ import annotations

import re

from sycee.api.app import HANDLERS
from sycee.api.operations import Operation
from sycee.approvals import Command, all_commands
from tools.reference_pages.markdown import code, opening, page, table

ALONE: dict[str, frozenset[str]] = {
    "looking or reckoning, which changes nothing": frozenset(
        {"check_mandate", "issue_receipts", "resolve_product", "verify_security_log"}
    ),
    "one's own sign-in": frozenset(
        {
            "begin_second_factor",
            "change_password",
            "confirm_second_factor",
            "end_session",
            "issue_access_token",
            "renew_recovery_codes",
            "sign_in",
        }
    ),
    "agreeing itself, and lending one's own authority": frozenset(
        {"decide_approvals", "end_substitution", "lend_authority", "withdraw_approval"}
    ),
    "agreed on by releasers whom an agreement names": frozenset({"decide_escrow_releases"}),
    "stopping or taking away, which must not wait": frozenset(
        {
            "block_creditor",
            "cancel_debit_mandate",
            "cancel_direct_debits",
            "cancel_payments",
            "close_principal",
            "end_contact",
            "end_sessions_of_principal",
            "end_standing_order",
            "freeze_deposit",
            "recall_payment",
            "refuse_direct_debits",
            "return_direct_debits",
            "reverse_direct_debits",
            "revoke_client",
            "revoke_grant",
            "revoke_mandate",
            "suspend_debit_mandate",
            "suspend_principal",
            "suspend_standing_order",
        }
    ),
    "letting go on what was stopped, as it was before": frozenset(
        {"lift_debit_block", "lift_freeze", "resume_debit_mandate", "resume_principal"}
    ),
    "working a case that the bank's checks or another bank opened; its history names who": frozenset(
        {
            "act_on_rail_case",
            "act_on_rail_message",
            "reconcile_rail",
            "refuse_stopped_direct_debits",
            "refuse_stopped_payments",
            "release_stopped_direct_debits",
            "release_stopped_payments",
        }
    ),
    "posting at the counter, within the limits of the role that was given": frozenset(
        {
            "deduct_margin",
            "place_deposit",
            "post_hold",
            "post_transfers",
            "reverse_transfer",
            "void_hold",
            "withdraw_deposit",
        }
    ),
    "recording what a customer said or signed": frozenset(
        {
            "cancel_notice",
            "change_customer",
            "change_obligation",
            "give_notice",
            "instruct_renewal",
            "record_due_diligence",
            "record_ownership",
            "register_customers",
            "register_persons",
            "set_parent",
            "transfer_certificate",
        }
    ),
    "ending a day": frozenset({"close_day"}),
    "for machines: people are given no role that allows it": frozenset(
        {"advance_business_date", "create_cell", "rotate_signing_keys", "send_payment_file"}
    ),
    "saying where one's own systems are told what happened": frozenset(
        {
            "change_webhook",
            "ping_webhook",
            "redeliver_webhook",
            "register_webhook",
            "rotate_webhook_secret",
        }
    ),
}
"""Why one person does what: the ids of operations that write and wait for nobody, by reason."""

_ABOUT = """
What takes more than one person. How it works is told in [Approvals](../concepts/approvals.md).

* **asks**: the permission of who asks.
* **without a rule**: who has to agree where no rule covers a request.
* **at least**: how many others agree whatever the rules say.

What is asked for by the bank's own machines is done at once where a person's request would wait: letting a
machine act took two persons. What is
*proposed* waits for another whoever proposes it.
"""


def writing() -> dict[str, tuple[str, Operation]]:
    """Every operation that may write, by id, with its method and path."""
    found = {}
    for handler in HANDLERS:
        operation: Operation | None = handler.opt.get("operation")
        (path,), (method,) = handler.paths, handler.http_methods
        if operation is not None and method != "GET":
            plain = re.sub(r"\{(\w+):\w+\}", r"{\1}", path)
            found[operation.id] = (f"{method} {plain}", operation)
    return found


def approvals_page() -> str:
    """The page ``approvals.md``."""
    operations = writing()
    lines = opening("What takes several persons", "the commands of sycee.approvals", _ABOUT.strip())
    lines += ["## Commands", ""]
    columns = ["command", "what", "事项", "asks", "without a rule", "at least", "operations"]
    # Those of the bank: whoever runs in this process may have registered others.
    asked = {operation.command for _, operation in operations.values()}
    asked |= {command.like for command in all_commands() if command.name in asked}  # by machines
    bank = [command for command in all_commands() if command.name in asked]
    lines += table(columns, [_row(command, operations) for command in bank])
    lines += [
        "## What one person does alone",
        "",
        "Every other operation that writes, and why it waits for nobody.",
        "",
    ]
    rows = [
        [reason, ", ".join(code(operations[id][0]) for id in sorted(ids))] for reason, ids in ALONE.items()
    ]
    lines += table(["why", "operations"], rows)
    return page(lines)


def _row(command: Command, operations: dict[str, tuple[str, Operation]]) -> list[str]:
    said = [code(where) for where, operation in operations.values() if operation.command == command.name]
    like = f", like {code(command.like)}" if command.like else ""
    return [
        code(command.name),
        command.title_en,
        command.title_zh,
        code(command.maker),
        ("; ".join(code(str(stage)) for stage in command.default) or "nobody") + like,
        str(command.least),
        ", ".join(said),
    ]
