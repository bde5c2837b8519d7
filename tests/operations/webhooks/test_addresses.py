"""Where webhooks are not sent: the bank's own network, by whatever name, now or later."""

from __future__ import annotations

import asyncio
import socket
import ssl
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sycee import operations
from sycee.kernel.clock import now
from sycee.operations import (
    EndpointChange,
    InvalidWebhook,
    WebhookAddressRefused,
    WebhookSender,
    webhook_target,
)
from sycee.operations.webhooks.addresses import check_url, is_public
from tests.operations.webhooks.conftest import QUICK, House
from tests.operations.webhooks.receiver import Receiver


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.1", "100.64.0.1",
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::", "::1", "fe80::1",
        "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:1::", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com/", "ftp://erp.example.com/", "https://", "https:///path", "erp.example.com",
        "https://user:secret@erp.example.com/", "https://erp.example.com/#part", "https://erp.example.com:0/",
        "https://erp.example.com:99999/", "https://erp.example.com/a b",
        "https://erp.example.com/\r\nHost: x",
        "https://[::1", "https://erp.example.com\\@127.0.0.1/", "https://银行.example/",
        "javascript:alert(1)",
        "https://erp.example.com/" + "x" * 2_000,
    ],
)  # fmt: skip
def test_a_url_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(InvalidWebhook):
        check_url(url, anywhere=False)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::ffff:7f00:1]"],
)
async def test_the_own_machine_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(WebhookAddressRefused):
        await webhook_target(f"https://{host}/hooks", anywhere=False)


def looks_up(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name have these addresses."""

    async def found(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found, raising=False)


async def test_a_name_with_one_address_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    looks_up(monkeypatch, "8.8.8.8", "10.0.0.7")
    with pytest.raises(WebhookAddressRefused):
        await webhook_target("https://erp.example.com/", anywhere=False)


async def test_the_address_that_was_looked_at_is_the_one_that_is_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks_up(monkeypatch, "8.8.8.8")
    target = await webhook_target("https://erp.example.com:8443/hooks?a=b", anywhere=False)
    assert (target.url, target.authority) == ("https://8.8.8.8:8443/hooks?a=b", "erp.example.com:8443")
    assert target.host == "erp.example.com"


async def test_a_name_that_has_come_to_mean_the_inside_is_not_called(
    house: House, receiver: Receiver
) -> None:
    silk, _ = await house.register(receiver.url, "payment.*")
    await house.pay(house.payment())
    sender = WebhookSender(house.database, house.keys, QUICK, anywhere=False)
    https = receiver.url.replace("http:", "https:")
    await house.call(operations.change_webhook, silk.id, EndpointChange(url=https))
    await sender.send_due(silk.id)
    await sender.close()
    (delivery,) = await house.deliveries(silk)
    (attempt,) = await house.attempts(delivery)
    assert receiver.received == []
    assert "public network" in (attempt.problem or "")


def self_signed(directory: Path) -> ssl.SSLContext:
    """What a machine shows that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - timedelta(days=1))
        .not_valid_after(now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = directory / "machine.pem"
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


async def test_nothing_is_told_to_a_machine_that_cannot_prove_its_name(house: House, tmp_path: Path) -> None:
    async with Receiver(context=self_signed(tmp_path)) as stranger:
        silk, _ = await house.register(stranger.url.replace("127.0.0.1", "localhost"), "payment.*")
        await house.pay(house.payment())
        await house.send(silk)
        assert stranger.received == []
    (delivery,) = await house.deliveries(silk)
    (attempt,) = await house.attempts(delivery)
    assert "CERTIFICATE_VERIFY_FAILED" in (attempt.problem or "")
