"""Sycee: an open, self-hosted corporate banking core on PostgreSQL."""

__version__ = "0.1.0"
