"""The way to other banks: messages out and in, each once whatever dies, and what the rails report checked.

Payments come from ``payments.orders`` and what becomes of them is told there; here is what is said to whom.
"""

from __future__ import annotations

__all__: list[str] = []
