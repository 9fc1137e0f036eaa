"""Addresses of HTTP servers, as users give them: what is one, what of it may be shown, where it is.

An address may hold a password (``user:password@``), and with many providers its path or query is
a key to an account that somebody pays for.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import urllib.request
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import httpx

from offchain.errors import ConfigurationError
from offchain.strangers.foreign_text import printable

PROXY_VARIABLES: Final = ("http_proxy", "https_proxy", "all_proxy")
"""What names a proxy in an environment, in small or capital letters."""

_WEB: Final = ("http", "https")
_PROXIES: Final = ("http", "https", "socks5", "socks5h")
_PARTS: Final = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*)://)?([^/?#]*)(.*)", re.DOTALL)
# What inet_aton reads: one to four numbers, decimal, octal or hexadecimal.
_NUMBERS: Final = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}")


def checked_http_address(url: str, name: str) -> str:
    """`url` if it is an http or https address with a host; ``name`` is what an error calls it.

    Raises:
        ConfigurationError: it is none. The message repeats only what `redacted` leaves of it.
    """
    shown = repr(redacted(url))
    try:
        parsed = httpx.URL(url)
        _ = parsed.host  # decodes it
    except (httpx.InvalidURL, ValueError) as error:
        # The reason may quote a part of the password for the port.
        reason = "" if "@" in url else f": {printable(str(error))}"
        raise ConfigurationError(f"{name} {shown} is not a URL{reason}") from None
    if parsed.scheme not in _WEB or not parsed.host:
        raise ConfigurationError(
            f"{name} {shown} must begin with http:// or https:// and name a host"
        )
    if parsed.port is not None and not 0 < parsed.port < 1 << 16:
        raise ConfigurationError(f"{name} {shown} has no port that exists")
    return url


def checked_proxy_address(url: str) -> str:
    """`url` if it is an http, https or socks5 address with a host; ``socks5h`` is the same here.

    A SOCKS proxy gets names and looks them up itself: what is asked is told to nobody else.

    Raises:
        ConfigurationError: it is none. The message repeats only what `redacted` leaves of it.
    """
    scheme, _, rest = url.partition("://")
    if scheme not in _PROXIES:
        raise ConfigurationError(
            f"the proxy {redacted(url)!r} must begin with {'://, '.join(_PROXIES)}://"
        )
    checked_http_address(f"http://{rest}", "the proxy's address")
    return url


def redacted(url: str) -> str:
    """What may be shown of an address: scheme, host and port, ``/...`` for all that follows.

    Of a text that is no address nothing is shown that could be a password.
    """
    match = _PARTS.fullmatch(url)
    scheme, place, rest = match.groups("") if match is not None else ("", "", url)
    begin = f"{scheme}://" if scheme else ""
    # A raw / or # in a password ends the host too early: the true one is behind an @.
    host = "..." if "@" in rest else place.rpartition("@")[2]
    return printable(begin + host + ("/..." if rest not in ("", "/") and host != "..." else ""))


def is_loopback(url: str) -> bool:
    """Whether an address is one of this machine, by its text: no name is looked up.

    Numbers are read as `inet_aton` reads them, which is how they are connected to: ``127.1``,
    ``0x7f.1`` and ``2130706433`` are 127.0.0.1.
    """
    try:
        host = httpx.URL(url).host
    except (httpx.InvalidURL, ValueError):
        # httpx takes dotted octal numbers for no address; others do not.
        host = _host_of(url)
    if host in ("localhost", "localhost."):
        return True
    try:
        if _NUMBERS.fullmatch(host):
            return ipaddress.IPv4Address(socket.inet_aton(host)).is_loopback
        address = ipaddress.IPv6Address(host)
    except (OSError, ValueError):
        return False
    mapped = address.ipv4_mapped
    return address.is_loopback if mapped is None else mapped.is_loopback


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def proxy_of(url: str) -> str | None:
    """The proxy that an address is asked through, None if it is asked itself.

    The one place where that is decided: the proxy that the environment (or the system) names for
    the address, never for this machine's own servers, which a proxy would look for on its own.
    """
    if is_loopback(url):
        return None
    parsed = httpx.URL(url)
    # Hosts that are asked without one may be listed with a port.
    where = f"{parsed.host}:{parsed.port}" if parsed.port else parsed.host
    if urllib.request.proxy_bypass(where):
        return None
    known = urllib.request.getproxies()
    proxy = known.get(parsed.scheme) or known.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def proxies_named(environment: Mapping[str, str]) -> dict[str, str]:
    """The proxies that an environment names, as they may be shown, by variable."""
    return {
        name: redacted(value)
        for name, value in sorted(environment.items())
        if name.lower() in PROXY_VARIABLES and value.strip()
    }
