"""Addresses as they are counted: a host of IPv6 has a network of them, and counts as one."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network


def counted_as(address: str) -> str:
    """An IPv4 address as it is, of IPv6 the network of 64 bits; anything else behind a question mark."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return f"?{address[:100]}"
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network(f"{found}/64", strict=False))
