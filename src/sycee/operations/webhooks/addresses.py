"""Which addresses webhooks are sent to: whoever registers one must not make the bank call its own machines.

A name is looked up when an endpoint is registered and again before every delivery, and the connection is made
to the very address that was looked at, so a name that means something else a moment later gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

import msgspec

from sycee.kernel.ending import within
from sycee.operations.errors import InvalidWebhook, WebhookAddressRefused

LONGEST_URL = 2_000
_LOOKED_UP_WITHIN_S = 5.0
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TUNNELS = (_NAT64, ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))


class Target(msgspec.Struct, frozen=True):
    """Where a URL leads: the address to connect to, and the name that the other end has to prove."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def url(self) -> str:
        """The URL with the address in place of the name."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{host}:{self.port}{self.path}"

    @property
    def authority(self) -> str:
        """Host and port as the header ``Host`` says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"


def check_url(url: str, *, anywhere: bool) -> SplitResult:
    """The parts of a URL to which events may be sent; ``anywhere`` allows plain HTTP, for development.

    Raises InvalidWebhook.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise InvalidWebhook(f"the URL cannot be read: {error}") from None
    schemes = ("https", "http") if anywhere else ("https",)
    if parts.scheme not in schemes:
        raise InvalidWebhook(f"a webhook's URL begins with {' or '.join(f'{one}://' for one in schemes)}")
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise InvalidWebhook("a URL is of visible ASCII characters; others are percent-encoded")
    if not host or port == 0 or len(url) > LONGEST_URL:
        raise InvalidWebhook(f"a URL has a host, a port above 0 and at most {LONGEST_URL} characters")
    if "@" in parts.netloc or parts.fragment or "\\" in url:
        raise InvalidWebhook("a URL has no user, no fragment and no backslash")
    return parts


async def webhook_target(url: str, *, anywhere: bool) -> Target:
    """Look up where a URL leads now; ``anywhere`` allows addresses that the public network does not have.

    Raises InvalidWebhook; WebhookAddressRefused when the name has no address, or one that is not public.
    """
    parts = check_url(url, anywhere=anywhere)
    host = parts.hostname or ""
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    loop = asyncio.get_running_loop()
    try:
        async with within(_LOOKED_UP_WITHIN_S):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError):
        raise WebhookAddressRefused(f"the name {host[:100]} has no address") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    # One that is not public is enough to refuse: which of several is called is chance.
    if not addresses or not (anywhere or all(map(is_public, addresses))):
        raise WebhookAddressRefused(f"{host[:100]} is not, or not only, on the public network")
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    return Target(parts.scheme, host, port, addresses[0], path)


def is_public(text: str) -> bool:
    """Whether an address belongs to the public network: no private, loopback, link-local or reserved one.

    Nor one of IPv6 in which another of IPv4 is hidden that does not.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in network for network in _TUNNELS):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
