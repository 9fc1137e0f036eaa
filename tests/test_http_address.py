"""Addresses of HTTP servers: those that cannot be asked are refused by name."""

import re

import pytest

from offchain.errors import ConfigurationError
from offchain.http_address import checked_http_address, is_loopback


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8545", "https://host", "http://[::1]:1/path?a=b", "HTTPS://user@host"]
)
def test_an_address_that_can_be_asked_comes_back_unchanged(url):
    assert checked_http_address(url, "the address") == url


@pytest.mark.parametrize(
    "url", ["", "localhost:8545", "host", "ftp://host", "http://", "ws://host"]
)
def test_another_scheme_or_no_host_is_refused_under_the_given_name(url):
    with pytest.raises(ConfigurationError) as caught:
        checked_http_address(url, "the relayer's address")
    assert str(caught.value) == (
        f"the relayer's address {url!r} must begin with http:// or https:// and name a host"
    )


@pytest.mark.parametrize("url", ["http://[::1", "http://host:port"])
def test_what_is_no_url_is_refused_under_the_given_name(url):
    expected = rf"RPC address {re.escape(repr(url))} is not a URL: \S"
    with pytest.raises(ConfigurationError, match=expected):
        checked_http_address(url, "RPC address")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8545", True),
        ("http://127.9.9.9", True),
        ("http://[::1]:8545", True),
        ("http://localhost", True),
        ("http://10.0.0.1", False),
        ("http://[2001:db8::1]", False),
        ("http://localhost.example", False),
    ],
)
def test_only_addresses_of_this_machine_are_loopback(url, expected):
    assert is_loopback(url) is expected
