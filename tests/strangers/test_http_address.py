"""Addresses of HTTP servers: which can be asked, what of them is shown, where they are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offchain.errors import ConfigurationError
from offchain.strangers.http_address import (
    checked_http_address,
    is_loopback,
    proxies_named,
    proxy_of,
    redacted,
)


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
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("https://host/", "https://host"),
        ("https://host/v3/SECRET", "https://host/..."),
        ("https://host?key=SECRET", "https://host/..."),
        ("https://host/#SECRET", "https://host/..."),
        ("http://[::1]:1/SECRET", "http://[::1]:1/..."),
        ("http://user:SECRET@host:1", "http://host:1"),
        ("http://SECRET@host:1/", "http://host:1"),
        ("http://user:SECRET@SECRET@host", "http://host"),
        # Marks that are not escaped end the host too early.
        ("http://user:SECRET/SECRET@host", "http://..."),
        ("http://user:SECRET#SECRET@host", "http://..."),
        ("http://user:SECRET?SECRET@host/a", "http://..."),
        ("https://host/SECRET@SECRET", "https://..."),
        ("user:SECRET@host:1", "host:1"),
        ("localhost:8545/v3/SECRET", "localhost:8545/..."),
        ("http:/user:SECRET@host", "..."),
        ("//user:SECRET@host", "..."),
        ("/SECRET", "/..."),
        ("http://host\x1b[2J", "http://host [2J"),
        ("", ""),
    ],
)
def test_of_an_address_no_password_and_no_key_is_shown(url, shown):
    assert redacted(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "ftp://user:SECRET@host",
        "user:SECRET@host",
        "http://user:SECRET/9@host",
        "http://user:1SECRET/9@host:99999",
        "http://host:99999/SECRET",
        "http://user:SECRET@[::1",
        "http://user:SECRET@",
        "http://user:SECRET@host\n",
    ],
)
def test_an_address_that_is_refused_shows_none_either(url):
    with pytest.raises(ConfigurationError) as caught:
        checked_http_address(url, "RPC address")
    assert "SECRET" not in str(caught.value)
    assert str(caught.value).isprintable()
    # Not in what a traceback or a log of the chain of errors would add.
    assert caught.value.__cause__ is None


LOOPBACK = [
    "http://127.0.0.1:8545",
    "http://127.9.9.9",
    "http://127.255.255.254",
    "http://127.1:8545",
    "http://127.0.1",
    "http://2130706433",
    "http://0x7f000001:8545",
    "http://0x7f.1",
    "http://0X7F.0.0.1",
    "http://0177.0.0.1",
    "http://017700000001",
    "http://[::1]:8545",
    "http://[0:0:0:0:0:0:0:1]",
    "http://[::ffff:127.0.0.1]:1",
    "http://[::ffff:7f00:1]",
    "http://localhost",
    "http://localhost.:8545",
    "https://LOCALHOST/path",
    "http://user:password@127.0.0.1",
]
ELSEWHERE = [
    "http://10.0.0.1",
    "http://0.0.0.0",
    "http://0",
    "http://128.0.0.1",
    "http://126.255.255.255",
    "http://1.127",
    "http://4294967296",
    "http://0x7f0000010",
    "http://0177.0.0.256",
    "http://127.0.0.1.example",
    "http://127.0.0.1@10.0.0.1",
    "http://[::]",
    "http://[::2]",
    "http://[::ffff:10.0.0.1]",
    "http://[2001:db8::1]",
    "http://localhost.example",
    "http://notlocalhost",
    "http://",
    "",
    "localhost",
]


@pytest.mark.parametrize(
    ("url", "expected"),
    [(url, True) for url in LOOPBACK] + [(url, False) for url in ELSEWHERE],
)
def test_only_addresses_of_this_machine_are_loopback(url, expected):
    assert is_loopback(url) is expected


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "0x{:x}", "0{:o}"]))
def test_every_number_that_is_an_address_is_one_of_this_machine_in_its_net_alone(number, form):
    assert is_loopback(f"http://{form.format(number)}") is (number >> 24 == 127)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names proxies for everything, and no host to be asked without."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:1")
    monkeypatch.setenv("https_proxy", "proxy:2")
    return monkeypatch


@pytest.mark.parametrize("url", LOOPBACK)
def test_no_proxy_is_asked_for_this_machine(url, named):
    named.setenv("ALL_PROXY", "http://proxy:3")
    assert proxy_of(url) is None


def test_elsewhere_the_proxy_of_the_scheme_is_asked(named):
    assert proxy_of("http://host:8545") == "http://proxy:1"
    assert proxy_of("https://host/path") == "http://proxy:2"
    named.delenv("HTTP_PROXY")
    assert proxy_of("http://host") is None
    named.setenv("ALL_PROXY", "socks5://proxy:3")
    assert proxy_of("http://host") == "socks5://proxy:3"
    assert proxy_of("https://host") == "http://proxy:2"


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_hosts_that_are_to_be_asked_without_a_proxy_are(variable, named):
    named.setenv(variable, "other, .example, host:8545")
    assert proxy_of("http://other:1") is None
    assert proxy_of("https://a.example") is None
    assert proxy_of("http://host:8545") is None
    assert proxy_of("http://host:1") == "http://proxy:1"
    named.setenv(variable, "*")
    assert proxy_of("http://host:1") is None


def test_proxies_of_an_environment_are_named_without_their_passwords():
    environment = {
        "HTTP_PROXY": "http://user:SECRET@proxy:1",
        "all_proxy": "proxy:2",
        "https_proxy": " ",
        "NO_PROXY": "host",
        "PATH": "/bin",
    }
    assert proxies_named(environment) == {"HTTP_PROXY": "http://proxy:1", "all_proxy": "proxy:2"}
