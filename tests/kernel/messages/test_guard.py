"""Webhooks reach public addresses alone, and the address that was judged is the one that is spoken to."""

import contextlib
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.kernel.errors import Invalid, Unavailable
from domain.kernel.messages.guard import checked_url, is_public, target_of

INSIDE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "not an address",
]


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_inside_is_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(Invalid) as caught:
        target_of("https://hooks.example/x", lambda _host, _port: [address])
    assert caught.value.code == "ADDRESS_NOT_PUBLIC"


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700:4700::1111"])
def test_a_public_address_is_spoken_to(address: str) -> None:
    target = target_of("https://hooks.example/x?y=1", lambda _host, _port: [address])
    assert (target.host, target.port, target.address) == ("hooks.example", 443, address)


def test_one_address_inside_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Invalid):
        target_of("https://hooks.example/", lambda _host, _port: ["8.8.8.8", "10.0.0.1"])


def test_a_name_is_resolved_once_and_without_an_address_it_is_tried_later() -> None:
    asked: list[str] = []
    target_of("https://hooks.example/", lambda host, _: asked.append(host) or ["8.8.8.8"])
    assert asked == ["hooks.example"]
    with pytest.raises(Unavailable):
        target_of("https://hooks.example/", lambda _host, _port: [])


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://user:pass@hooks.example/",
        "https:///x",
        "https://hooks.example/#x",
        "https://hooks.example:0/",
        "https://hooks.example:99999/",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example/a b",
        "https://hooks.example/\n",
        "javascript:x",
        "",
        "https://" + "a" * 2000,
    ],
)
def test_what_is_no_https_address_is_refused(url: str) -> None:
    with pytest.raises(Invalid):
        checked_url(url)


@given(
    st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="fc00::/7") | st.ip_addresses(network="127.0.0.0/8")
)
def test_no_private_address_passes_in_whatever_clothes(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert not is_public(str(found))
    if isinstance(found, ipaddress.IPv4Address):
        assert not is_public(f"::ffff:{found}")


@given(st.text(max_size=80))
def test_no_text_whatever_is_an_error_of_another_kind(url: str) -> None:
    with contextlib.suppress(Invalid):
        checked_url(f"https://{url}")
