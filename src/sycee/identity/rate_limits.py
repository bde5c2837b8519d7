"""How often one address may try: sign-ins, and tokens that are refused. Counted in each process's memory.

What guessing is really held back by are the lock-outs in the database and secrets of 256 bits; this keeps
one address from keeping a process busy with hashing and looking up.
"""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from sycee.identity.addresses import counted_as
from sycee.identity.errors import RateLimited

if TYPE_CHECKING:
    from limits import RateLimitItemPerMinute

REFUSALS_PER_MINUTE = 600
"""Tokens and OAuth clients that are refused to one address before it has to wait."""

CHECKS_PER_MINUTE = 30
"""Checks of receipts that anybody may ask for from one address."""

_SIGN_IN, _REFUSAL, _CHECK = "sign-in", "refusal", "check"


class AddressLimits:
    """What one process has counted of each address."""

    def __init__(self, sign_ins_per_minute: int, refusals_per_minute: int = REFUSALS_PER_MINUTE) -> None:
        # Imported here: the command line, which is to start quickly, comes by this module too.
        from limits import RateLimitItemPerMinute  # noqa: PLC0415
        from limits.aio.storage import MemoryStorage  # noqa: PLC0415
        from limits.aio.strategies import MovingWindowRateLimiter  # noqa: PLC0415

        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._sign_ins = RateLimitItemPerMinute(sign_ins_per_minute)
        self._refusals = RateLimitItemPerMinute(refusals_per_minute)
        self._checks = RateLimitItemPerMinute(CHECKS_PER_MINUTE)

    async def count_sign_in(self, address: str) -> None:
        """Count an attempt to sign in. Raises RateLimited."""
        if not await self._limiter.hit(self._sign_ins, _SIGN_IN, counted_as(address)):
            await self._refuse(self._sign_ins, _SIGN_IN, address, "sign-ins")

    async def count_check(self, address: str) -> None:
        """Count what is asked without a credential. Raises RateLimited."""
        if not await self._limiter.hit(self._checks, _CHECK, counted_as(address)):
            await self._refuse(self._checks, _CHECK, address, "checks")

    async def count_refusal(self, address: str) -> None:
        """Count a token or client that was refused."""
        await self._limiter.hit(self._refusals, _REFUSAL, counted_as(address))

    async def need_room(self, address: str) -> None:
        """Raise RateLimited when too much was refused to the address of late."""
        if not await self._limiter.test(self._refusals, _REFUSAL, counted_as(address)):
            await self._refuse(self._refusals, _REFUSAL, address, "refusals")

    async def _refuse(self, item: RateLimitItemPerMinute, kind: str, address: str, what: str) -> None:
        stats = await self._limiter.get_window_stats(item, kind, counted_as(address))
        seconds = max(1, math.ceil(stats.reset_time - time.time()))
        raise RateLimited(f"more than {item.amount} {what} in a minute from {address}", retry_after_s=seconds)
