"""Who is told what: events are written by what happened, for those whose business it is and nobody else."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from psycopg.errors import RaiseException

from sycee import approvals, ledger, operations, payments
from sycee.identity import Caller, NewPrincipal, PrincipalKind, Scope, create_principals
from sycee.kernel.ids import uuid7
from sycee.operations import EndpointChange, EndpointState, InvalidWebhook, NewEndpoint, WebhookIdReused
from tests.operations.webhooks.conftest import TODAY, House
from tests.payments.market import file_of

URL = "https://erp.example.com/hooks"


async def types(house: House, endpoint: operations.Endpoint) -> list[str]:
    """The types of events that an endpoint is told, in order."""
    return [one.type for one in await house.deliveries(endpoint)]


async def test_the_payer_hears_of_the_payment_and_the_payee_of_the_credit(house: House) -> None:
    silk, _ = await house.register(URL, "payment.*", "incoming_payment.*")
    jade, _ = await house.register(URL, "payment.*", "incoming_payment.*", of="jade")
    bank, _ = await house.register(URL, "payment.settled", of=None)
    await house.pay(wanted := house.payment(12_34, end_to_end_id="INV-7", remittance="plates"))
    (paid,), (credited,) = await house.deliveries(silk), await house.deliveries(jade)
    assert (paid.type, paid.subject) == ("payment.settled", str(wanted.id))
    assert paid.data["states"] == ["received", "validated", "approved", "screened", "settled"]
    assert paid.data["debit_account"] == str(house.accounts["silk"])
    assert b'"amount":{"currency":"CNY","value":"12.34"}' in paid.body()
    assert credited.type == "incoming_payment.credited"
    assert credited.data["account"] == str(house.accounts["jade"])
    assert str(house.accounts["silk"]).encode() not in credited.body()
    assert await types(house, bank) == ["payment.settled"]


async def test_what_is_rolled_back_is_told_to_nobody(house: House) -> None:
    silk, _ = await house.register(URL, "payment.*")
    with pytest.raises(RuntimeError):
        async with house.database.transaction() as tx:
            await payments.submit_payments(tx, [house.payment()], by="maker")
            raise RuntimeError("after all")
    assert await types(house, silk) == []


async def test_every_step_of_one_payment_is_told_in_order(house: House) -> None:
    silk, _ = await house.register(URL, "payment.*")
    later = house.payment(execute_on=TODAY + timedelta(1))
    await house.pay(later)
    await house.call(payments.cancel_payments, [later.id], by="maker", reason="not needed")
    first, second = await house.deliveries(silk)
    assert [first.type, second.type] == ["payment.approved", "payment.cancelled"]
    assert first.position < second.position
    assert second.data["reason"] == "not needed"


async def test_a_customer_is_not_told_that_screening_stopped_a_payment(house: House) -> None:
    silk, _ = await house.register(URL, "payment.*")
    bank, _ = await house.register(URL, "payment.*", of=None)
    await house.pay(wanted := house.payment(creditor_name="Blocked Ltd"))
    (told,) = await house.deliveries(silk)
    assert (told.type, told.data["states"]) == ("payment.approved", ["received", "validated", "approved"])
    assert (told.data["reason_code"], told.data["reason"]) == (None, None)
    assert await types(house, bank) == ["payment.stopped"]
    await house.call(payments.release_stopped, [wanted.id], by="officer", reason="a namesake")
    assert await types(house, silk) == ["payment.approved", "payment.settled"]


async def test_a_payee_hears_of_what_screening_kept_when_it_is_credited(house: House) -> None:
    jade, _ = await house.register(URL, "incoming_payment.*", of="jade")
    bank, _ = await house.register(URL, "incoming_payment.*", of=None)
    incoming = payments.IncomingPayment(
        rail="HVPS",
        message_id="M",
        rail_id="1",
        creditor_account=str(house.accounts["jade"]),
        amount=1_00,
        currency="CNY",
        debtor_name="Blocked Ltd",
    )
    await house.call(payments.receive_incoming, [incoming])
    assert (await types(house, jade), await types(house, bank)) == ([], ["incoming_payment.stopped"])
    async with house.database.transaction() as tx:  # as crediting it does
        await tx.execute(
            "UPDATE incoming_payments SET state = 'credited', credit = %s, customer = %s",
            (house.accounts["jade"], house.customers["jade"]),
        )
    assert await types(house, jade) == ["incoming_payment.credited"]
    assert await types(house, bank) == ["incoming_payment.stopped", "incoming_payment.credited"]


async def test_single_salaries_are_told_to_nobody(house: House) -> None:
    everybody = [
        await house.register(URL, "payment.*", "incoming_payment.*", of=of) for of in ("silk", "jade", None)
    ]
    await house.pay(house.payment(purpose="SALA"))
    for endpoint, _ in everybody:
        assert await types(house, endpoint) == []


async def test_a_bulk_order_is_told_of_as_a_whole_and_by_its_payments(house: House) -> None:
    silk, _ = await house.register(URL, "bulk_order.*", "payment.*")
    accounts = {"debtor": str(house.accounts["silk"]), "creditors": [str(house.accounts["jade"])]}
    data = file_of([("1.00", "CNY"), ("2.50", "CNY"), ("3.00", "USD")], **accounts)  # type: ignore[arg-type]
    order = await house.call(
        payments.receive_bulk_order, io.BytesIO(data), by="maker", customer=house.customers["silk"]
    )
    await payments.carry_out_bulk_order(house.database, order.id)
    told = await house.deliveries(silk)
    assert [one.type for one in told] == [
        "bulk_order.started",
        *["payment.settled"] * 2,
        "bulk_order.done",
    ]
    assert {str(one.data.get("order", one.data.get("bulk_order"))) for one in told} == {str(order.id)}
    assert (told[-1].data["count"], told[-1].data["refused"], told[-1].data["sum"]) == (3, 1, "6.5")


async def test_an_endpoint_hears_what_it_asked_for_from_when_it_asked(house: House) -> None:
    await house.pay(house.payment())
    silk, _ = await house.register(URL, "payment.approved")
    await house.pay(house.payment(), house.payment(execute_on=TODAY + timedelta(1)))
    assert await types(house, silk) == ["payment.approved"]
    change = EndpointChange(events=("payment.settled",))
    await house.call(operations.change_webhook, silk.id, change)
    await house.pay(house.payment(), house.payment(execute_on=TODAY + timedelta(1)))
    assert await types(house, silk) == ["payment.approved", "payment.settled"]


async def test_what_is_suspended_is_told_later_and_what_is_disabled_never(house: House) -> None:
    silk, _ = await house.register(URL, "payment.*")
    for state, events in (
        (EndpointState.SUSPENDED, 1),
        (EndpointState.DISABLED, 1),
        (EndpointState.ACTIVE, 2),
    ):
        await house.call(operations.change_webhook, silk.id, EndpointChange(state=state, reason="test"))
        await house.pay(house.payment())
        assert len(await house.deliveries(silk)) == events, state


async def test_an_endpoint_registered_again_is_the_same_and_otherwise_refused(house: House) -> None:
    new = NewEndpoint(id=uuid7(), url=URL, events=("payment.*",), customer=house.customers["silk"])
    first, secret, fresh = await house.call(operations.register_webhook, house.keys, new, by="erp")
    again, same, stale = await house.call(operations.register_webhook, house.keys, new, by="erp")
    assert (first, secret, fresh, stale) == (again, same, True, False)
    for other, by in ((new, "another"), (NewEndpoint(id=new.id, url=URL, events=("payment.*",)), "erp")):
        with pytest.raises(WebhookIdReused):
            await house.call(operations.register_webhook, house.keys, other, by=by)


@pytest.mark.parametrize("events", [(), ("payment.unheard",), ("*",), ("payment.settled", "webhook.ping")])
async def test_an_endpoint_asks_for_events_that_there_are(house: House, events: tuple[str, ...]) -> None:
    with pytest.raises(InvalidWebhook, match=r"payment\.settled"):
        await house.register(URL, *events)


async def test_the_names_of_states_are_those_of_payments(house: House) -> None:
    async with house.database.transaction() as tx:
        cursor = await tx.execute("SELECT payment_state_names(8191)")
        assert await cursor.fetchone() == (list(map(str, payments.PaymentState)),)


async def test_steps_of_payments_still_cannot_be_changed(house: House) -> None:
    await house.register(URL, "payment.*")
    await house.pay(house.payment())
    with pytest.raises(RaiseException):
        async with house.database.transaction() as tx:
            await tx.execute("UPDATE payment_events SET actor = 'nobody'")


async def machine(house: House, *scopes: Scope, of: str | None = None) -> Caller:
    """A machine of the bank, or of a customer."""
    customer = None if of is None else house.customers[of]
    new = NewPrincipal(
        kind=PrincipalKind.MACHINE, login=f"m{uuid7().hex}", name="m", customer=customer, scopes=scopes
    )
    (made,) = await house.call(create_principals, [new], by="tests")
    return Caller(
        id=str(made.id), principal=made.id, kind=made.kind, name="m", customer=customer, person=None,
        scopes=frozenset(scopes),
    )  # fmt: skip


async def test_a_customer_hears_of_its_own_requests_and_not_of_what_the_bank_decides_about_it(
    house: House,
) -> None:
    silk, _ = await house.register(URL, "approval.*")
    bank, _ = await house.register(URL, "approval.*", of=None)
    frees = ledger.AccountChange(number=house.accounts["silk"], reason="the court said so", floor=-1_00)
    asked = []
    for of in (None, "silk"):
        by = await machine(house, Scope.ACCOUNTS_WRITE, of=of)
        asked.append(
            await house.call(
                approvals.request_approval,
                ledger.AMEND_ACCOUNT,
                ledger.account_change(frees),
                by=by,
                id=uuid7(),
            )
        )
    assert {one.state for one in asked} == {"waiting"}
    own = [one.subject for one in await house.deliveries(silk)]
    assert own == [str(asked[1].id)]
    assert [one.subject for one in await house.deliveries(bank)] == [str(one.id) for one in asked]
