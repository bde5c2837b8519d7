"""What the simulator is told to do wrong: when, how often, how likely.

A fault is spent one use at a time; which use happens by chance follows from a seed, so a run can be
repeated.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

What = Literal["delay", "reject", "return", "duplicate", "reorder", "lose", "die"]
Where = Literal[
    "received", "stored", "settled", "collected", "request", "response", "processing", "answer", "payment",
    "return", "report",
]  # fmt: skip


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One misbehaviour.

    what, and where it strikes:

    * ``delay`` at ``processing`` (a message lies about before it is settled) or ``answer`` (an answer is
      handed out late), for ``polls`` collections; or at ``report`` (it is not drawn up yet);
    * ``reject`` at ``payment`` or ``return``: items are refused with ``reason``, as a receiving bank may;
    * ``return``: items are settled and then sent back with ``reason``;
    * ``duplicate``: a message to a participant is handed out once more after it was taken;
    * ``reorder``: what waits is handed out in another order;
    * ``lose`` at ``request`` (told 202, and forgotten), ``response`` (settled, but the caller hears
      nothing), ``answer`` (never handed out; an enquiry or the report tells) or ``report`` (whoever asks
      for it, or for a message once more, hears nothing);
    * ``die`` at ``received``, ``stored``, ``settled``, ``collected`` or ``report``: the process ends there
      and then.

    times: how often, None for always. chance: how likely each time, from 0 to 1.
    """

    what: What
    at: Where | None = None
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    chance: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    polls: Annotated[int, msgspec.Meta(ge=1)] = 1
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=4)] = "AC01"


PLACES: dict[str, tuple[str, ...]] = {
    "delay": ("processing", "answer", "report"),
    "reject": ("payment", "return"),
    "lose": ("request", "response", "answer", "report"),
    "die": ("received", "stored", "settled", "collected", "report"),
}
"""Where a fault can strike, for those that can in several places; the first is taken when none is named."""


def placed(fault: Fault) -> Fault:
    """The fault with its place. Raises ValueError for a place where it cannot strike."""
    places = PLACES.get(fault.what, ())
    if fault.at is None and places:
        return msgspec.structs.replace(fault, at=places[0])
    if fault.at is not None and fault.at not in places:
        raise ValueError(
            f"{fault.what} strikes {' or '.join(places) or 'in one place only'}, not at {fault.at}"
        )
    return fault
