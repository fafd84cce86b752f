"""Which addresses a webhook may be sent to: public ones. What lies inside our own network is not for callers to reach.

The name is resolved once, every address it has is judged, and the connection goes to the address that was judged, so
that a name which answers differently the second time gains nothing.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from domain.kernel.errors import Invalid, Unavailable
from domain.kernel.settings import settings

LONGEST_URL = 1000
Resolve = Callable[[str, int], list[str]]
# Addresses of IPv4 in the clothes of IPv6: NAT64, 6to4, Teredo.
_CLOTHED = tuple(ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))


@dataclass(frozen=True)
class Target:
    """Where a request goes: the URL as given, and the address that was judged."""

    url: SplitResult
    host: str
    port: int
    address: str


def checked_url(url: str) -> SplitResult:
    """The parts of a webhook's URL.

    Raises:
        Invalid: not an https URL, with a name and password in it, or too long.
    """
    wrong = Invalid(
        "A webhook's address is an https URL without user, password and fragment.",
        errors=[{"field": "address", "message": "an https URL"}],
    )
    if len(url) > LONGEST_URL or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise wrong
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as cause:
        raise wrong from cause
    schemes = {"https", "http"} if settings().webhook_allow_private else {"https"}
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise wrong
    if port == 0:
        raise wrong
    return parts


def resolve(host: str, port: int) -> list[str]:
    """Every address that the name has.

    Raises:
        Unavailable: it has none now.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as cause:
        raise Unavailable("The webhook's name has no address now.") from cause
    return [str(entry[4][0]) for entry in found]


def target_of(url: str, resolve: Resolve = resolve) -> Target:
    """The judged target of a webhook.

    Raises:
        Invalid: the URL is not one, or any address of its name is not public.
        Unavailable: the name has no address now.
    """
    parts = checked_url(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    addresses = resolve(host, port)
    if not addresses:
        raise Unavailable("The webhook's name has no address now.")
    if not settings().webhook_allow_private and not all(is_public(address) for address in addresses):
        raise Invalid(
            "The webhook's address is not a public one; nothing is sent there.",
            hint="COUNTERSIGN_WEBHOOK_ALLOW_PRIVATE opens private addresses, where that is wanted.",
            code="ADDRESS_NOT_PUBLIC",
        )
    return Target(parts, host, port, addresses[0])


def is_public(address: str) -> bool:
    """Whether anybody on the internet could reach the address: no loopback, private, link-local or reserved one."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            found = found.ipv4_mapped
        elif any(found in net for net in _CLOTHED):
            return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified
