"""Whose request it is: the client's own address, also where proxies stand before us."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The address that counts as the client's: of `peer`, who holds the socket, or of whom it speaks for.

    `forwarded` is the header X-Forwarded-For. Each proxy adds whom it heard at its end, so it is read from
    there, and only as far as proxies that we trust wrote it: what comes before may be anybody's invention.
    """
    address = _parse(peer)
    if address is None or not _is_in(address, trusted):
        return str(address) if address else peer
    for word in reversed(forwarded.split(",")):
        before = _parse(word)
        if before is None:
            break
        address = before
        if not _is_in(address, trusted):
            break
    return str(address)


def _parse(word: str) -> IPv4Address | IPv6Address | None:
    """An address with or without a port; an IPv4 address that came over IPv6 is an IPv4 address."""
    word = word.strip()
    if word.startswith("["):
        word = word[1:].partition("]")[0]
    elif word.count(":") == 1:
        word = word.partition(":")[0]
    try:
        address = ip_address(word.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_in(address: IPv4Address | IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks)
