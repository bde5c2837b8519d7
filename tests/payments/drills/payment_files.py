"""pain.001 files of payments within the bank and to others, with what has to become of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from random import Random

from sycee.payments.simulator.configuration import OTHER_BANKS

STRANGER = "999999999999"
"""A bank that takes no part in any rail."""

NOBODY = "100999999999999994"
"""A number that no account has."""


class Fate(Enum):
    """What an item is made for."""

    OWN = "paid within the bank"
    OTHER = "paid by the rail, unless that says no"
    NO_ACCOUNT = "refused here: nobody has that account"
    NO_BANK = "refused by the rail: there is no such bank"


@dataclass(frozen=True)
class Item:
    """One payment of a file; amount in minor units."""

    reference: str
    creditor: str
    agent: str | None
    amount: int
    fate: Fate


@dataclass(frozen=True)
class PaymentFile:
    """A file as a treasurer sends it: one account pays all."""

    name: str
    debtor: int
    items: Sequence[Item]
    all_or_nothing: bool = False
    purpose: str = "SUPP"

    @property
    def must_be_refused(self) -> bool:
        """Whether nothing of it may be paid."""
        return self.all_or_nothing and any(item.fate is Fate.NO_ACCOUNT for item in self.items)

    def document(self) -> bytes:
        """The file in pain.001.001.09."""
        total = sum(item.amount for item in self.items)
        items = "".join(map(_written, self.items))
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>'
            f"<GrpHdr><MsgId>{self.name}</MsgId><CreDtTm>2026-01-05T09:00:00</CreDtTm>"
            f"<NbOfTxs>{len(self.items)}</NbOfTxs><CtrlSum>{_yuan(total)}</CtrlSum>"
            "<InitgPty><Nm>Silk Road Steel Ltd</Nm></InitgPty></GrpHdr>"
            f"<PmtInf><PmtInfId>{self.name}-1</PmtInfId><PmtMtd>TRF</PmtMtd>"
            f"<PmtTpInf><CtgyPurp><Cd>{self.purpose}</Cd></CtgyPurp></PmtTpInf>"
            "<ReqdExctnDt><Dt>2026-01-05</Dt></ReqdExctnDt><Dbtr><Nm>Silk Road Steel Ltd</Nm></Dbtr>"
            f"<DbtrAcct><Id><Othr><Id>{self.debtor}</Id></Othr></Id></DbtrAcct>"
            "<DbtrAgt><FinInstnId><BICFI>SYCECNB0</BICFI></FinInstnId></DbtrAgt>"
            f"{items}</PmtInf></CstmrCdtTrfInitn></Document>"
        ).encode()


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _written(item: Item) -> str:
    agent = (
        "<CdtrAgt><FinInstnId><ClrSysMmbId><ClrSysId><Cd>CNAPS</Cd></ClrSysId>"
        f"<MmbId>{item.agent}</MmbId></ClrSysMmbId></FinInstnId></CdtrAgt>"
        if item.agent
        else ""
    )
    return (
        f"<CdtTrfTxInf><PmtId><EndToEndId>{item.reference}</EndToEndId></PmtId>"
        f'<Amt><InstdAmt Ccy="CNY">{_yuan(item.amount)}</InstdAmt></Amt>{agent}'
        f"<Cdtr><Nm>Payee {item.reference}</Nm></Cdtr>"
        f"<CdtrAcct><Id><Othr><Id>{item.creditor}</Id></Othr></Id></CdtrAcct></CdtTrfTxInf>"
    )


def suppliers_file(
    dice: Random, number: int, debtor: int, payees: Sequence[int], count: int, *, all_or_nothing: bool = False
) -> PaymentFile:
    """A file of payments, three in four within the bank, and now and then one that has to be refused."""

    def item(place: int) -> Item:
        reference, amount = f"F{number}-{place}", dice.randrange(1, 300)
        choice = dice.random()
        if choice < 0.005 and not (all_or_nothing and number % 2):
            return Item(reference, NOBODY, None, amount, Fate.NO_ACCOUNT)
        if choice < 0.01:
            return Item(reference, f"62220202{place:08d}", STRANGER, amount, Fate.NO_BANK)
        if choice < 0.25:
            agent = dice.choice(OTHER_BANKS)
            return Item(reference, f"62220202{place:08d}", agent, amount, Fate.OTHER)
        return Item(reference, str(dice.choice(payees)), None, amount, Fate.OWN)

    items = [item(place) for place in range(count)]
    return PaymentFile(f"FILE-{number}", debtor, items, all_or_nothing)


def salaries_file(dice: Random, name: str, debtor: int, payees: Sequence[int], count: int) -> PaymentFile:
    """A file of salaries, one in four to an account with another bank; all of them can be paid."""

    def item(place: int) -> Item:
        reference, amount = f"{name}-{place}", dice.randrange(300_000, 900_000)
        if place % 4 == 0:
            agent = OTHER_BANKS[place // 4 % len(OTHER_BANKS)]
            return Item(reference, f"62220202{place:08d}", agent, amount, Fate.OTHER)
        return Item(reference, str(payees[place % len(payees)]), None, amount, Fate.OWN)

    return PaymentFile(name, debtor, [item(place) for place in range(count)], purpose="SALA")
