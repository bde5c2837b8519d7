"""What a customer's file says of itself at its head, held against what is counted and summed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from sycee.payments.iso20022.messages import Party
from sycee.payments.iso20022.pain001 import Walker, decimal, group_contradiction, party
from sycee.payments.iso20022.reading import Message
from sycee.payments.iso20022.reasons import Fault


class StreamHeader(msgspec.Struct, frozen=True):
    """The group header: what the file says of itself before anything has been counted."""

    message: str
    message_id: str
    created_at: str
    initiating_party: Party
    number_of_transactions: int
    control_sum: Decimal | None


class StreamEnds(msgspec.Struct, frozen=True):
    """The message has ended well: counted, summed, and the fault when that is not as announced."""

    counted: int
    summed: Decimal
    fault: Fault | None


class CustomerFile:
    """What the takers of pain.001 and pain.008 share: the head, the count and the sum."""

    others = ("PmtInf", "GrpHdr")

    def __init__(self, message: Message) -> None:
        self.counted = 0
        self.summed = Decimal(0)
        self.walker = Walker(message)
        self._message = message.name
        self._announced = 0
        self._control_sum: Decimal | None = None

    def head(self, element: Any) -> StreamHeader:
        """What the GrpHdr says."""
        said = self.walker.said(element)
        self._announced = int(said.get("NbOfTxs") or 0)
        self._control_sum = decimal(said.get("CtrlSum"))
        return StreamHeader(
            message=self._message,
            message_id=said.get("MsgId") or "",
            created_at=said.get("CreDtTm") or "",
            initiating_party=party(said, "InitgPty"),
            number_of_transactions=self._announced,
            control_sum=self._control_sum,
        )

    def end(self) -> StreamEnds:
        """Counted, summed, and the fault when that is not as announced."""
        fault = group_contradiction(self._announced, self._control_sum, self.counted, self.summed)
        return StreamEnds(self.counted, self.summed, fault)
