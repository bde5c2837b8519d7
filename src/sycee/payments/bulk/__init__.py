"""Bulk orders: a file of many payments from receipt to report; its front door is ``sycee.payments``."""

__all__: list[str] = []
