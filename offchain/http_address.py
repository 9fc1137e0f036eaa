"""Addresses of HTTP servers, as users give them."""

from __future__ import annotations

import ipaddress

import httpx

from offchain.errors import ConfigurationError


def checked_http_address(url: str, name: str) -> str:
    """`url` if it is an http or https address with a host; ``name`` is what an error calls it.

    Raises:
        ConfigurationError: it is none.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ConfigurationError(f"{name} {url!r} is not a URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise ConfigurationError(
            f"{name} {url!r} must begin with http:// or https:// and name a host"
        )
    return url


def is_loopback(url: str) -> bool:
    """Whether a usable address is one of this machine, by its text: no name is looked up."""
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
