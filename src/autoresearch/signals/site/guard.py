"""No page may lead us into a private network (server-side request forgery).

Whoever starts on a public site stays on public addresses: every name is checked when it is connected to, after DNS,
so that neither a redirect nor a changed answer gets past. A local start may talk to its own origin only.
"""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver


def is_public(address: str) -> bool:
    """Whether an IP address (or something that is none, such as a host name) may be reached from a public start."""
    try:
        ip = ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return address.lower().rstrip(".") != "localhost" and not address.lower().rstrip(".").endswith(".localhost")
    mapped = getattr(ip, "ipv4_mapped", None) or getattr(ip, "sixtofour", None)
    return ip.is_global and not ip.is_multicast and (mapped is None or mapped.is_global)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: there nobody needs our politeness."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


class GuardedResolver(AbstractResolver):
    """DNS that answers with public addresses only, but for the one host that the user named."""

    def __init__(self, own_host: str | None) -> None:
        self._own_host = own_host
        self._resolver = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Resolve a name. Raises `OSError` when it leads only to private addresses."""
        found = await self._resolver.resolve(host, port, family)
        if host == self._own_host:
            return found
        allowed = [result for result in found if is_public(str(result["host"]))]
        if not allowed:
            raise OSError(f"{host} leads to a private address")
        return allowed

    async def close(self) -> None:
        """Nothing is held."""
        await self._resolver.close()


def refused(host: str | None, own_host: str | None) -> str | None:
    """Why a host must not be asked, or None; addresses written as numbers pass by no resolver."""
    if not host:
        return "no host"
    return None if host == own_host or is_public(host) else f"{host} is a private address"


def connector_options(own_host: str | None) -> dict[str, Any]:
    """What an aiohttp connector needs to be guarded. `own_host` is None where only public hosts may be asked."""
    return {"resolver": GuardedResolver(own_host), "ttl_dns_cache": 60, "use_dns_cache": True}
