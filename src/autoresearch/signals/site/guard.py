"""No page may lead us into a private network (server-side request forgery).

Whoever starts on a public site stays on public addresses: every name is checked when it is connected to, after DNS,
so that neither a redirect nor a changed answer gets past. A local start may talk to its own origin only.
"""

from __future__ import annotations

from ipaddress import ip_address


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


def refused(host: str | None, own_host: str | None) -> str | None:
    """Why a host must not be asked, or None; addresses written as numbers pass by no resolver."""
    if not host:
        return "no host"
    return None if host == own_host or is_public(host) else f"{host} is a private address"
