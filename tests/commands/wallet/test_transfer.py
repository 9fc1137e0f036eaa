"""`modelchain wallet transfer`: exact amounts reach their receiver, or nothing moves."""

from __future__ import annotations

import pytest
from eth_account import Account

from offchain.cli import run
from offchain.errors import (
    ConfigurationError,
    FeeCapError,
    InsufficientFundsError,
    InsufficientTokensError,
)

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TOKEN = 10**18


def test_an_exact_amount_arrives_and_the_receipt_is_told(place):
    owner = place.world.clients[1].account
    before = place.tokens(owner, NOBODY)
    found = place.json("transfer", "1.000000000000000001", NOBODY, "--account", "1")
    assert place.tokens(owner, NOBODY) == [before[0] - TOKEN - 1, TOKEN + 1]
    sent = place.world.ethereum.request("eth_getTransactionReceipt", found["transaction_hash"])
    assert found == {
        "chain_id": 31337,
        "from": owner,
        "to": NOBODY,
        "amount": TOKEN + 1,
        "transaction_hash": found["transaction_hash"],
        "block_number": int(sent["blockNumber"], 16),
        "gas_used": int(sent["gasUsed"], 16),
    }


def test_people_are_told_the_same(place):
    output = place.run("transfer", "2.50", NOBODY.lower(), "--account", "1").output
    assert f"Sent 2.5 MCT from {place.world.clients[1].account} to {NOBODY}" in output
    assert "Transaction 0x" in output


def test_everything_can_be_sent_and_no_unit_more(place):
    owner = place.world.clients[1].account
    [everything] = place.tokens(owner)
    digits = f"{everything // TOKEN}.{everything % TOKEN:018d}"
    more = f"{everything // TOKEN}.{everything % TOKEN + 1:018d}"
    with pytest.raises(InsufficientTokensError) as caught:
        place.run("transfer", more, NOBODY, "--account", "1")
    assert (caught.value.account, caught.value.balance, caught.value.needed) == (
        owner,
        everything,
        everything + 1,
    )
    place.json("transfer", digits, NOBODY, "--account", "1")
    assert place.tokens(owner, NOBODY) == [0, everything]


@pytest.mark.parametrize("amount", ["-1", "1e18", "1,5", "", "0x1", "0.0000000000000000001", "0"])
def test_what_is_no_amount_moves_nothing(place, amount):
    before = place.tokens(place.world.clients[1].account)
    with pytest.raises(ConfigurationError):
        place.run("transfer", "--account", "1", "--", amount, NOBODY)
    assert place.tokens(place.world.clients[1].account) == before


def test_tokens_are_not_sent_where_they_would_be_lost(place):
    deployment = place.world.deployment
    own = place.world.clients[1].account
    lost = {"0x" + "00" * 20: "zero address", own: "are at", NOBODY[:-1] + "D": "no address"}
    for name in deployment.contracts:
        lost[deployment.address(name)] = f"is the contract {name}"
    for receiver, reason in lost.items():
        with pytest.raises(ConfigurationError, match=reason):
            place.run("transfer", "1", receiver, "--account", "1")


def test_a_key_of_the_environment_signs_without_an_account_number(place, monkeypatch):
    key = Account.from_key(b"\x11" * 32)
    place.json("transfer", "3", key.address, "--account", "1")
    monkeypatch.setenv("MODELCHAIN_PRIVATE_KEY", "11" * 32)
    with pytest.raises(InsufficientFundsError):
        place.run("transfer", "1", NOBODY)
    place.world.ethereum.request("anvil_setBalance", key.address, hex(TOKEN))
    assert place.json("transfer", "1", NOBODY)["from"] == key.address
    assert place.tokens(key.address, NOBODY) == [2 * TOKEN, TOKEN]


def test_no_more_is_paid_for_gas_than_allowed(place):
    with pytest.raises(FeeCapError):
        place.run("transfer", "1", NOBODY, "--account", "1", "--maximum-fee", "0.000000001")
    assert place.tokens(NOBODY) == [0]


def test_an_error_is_one_line_with_its_status(place, capsys):
    options = ["--rpc", place.world.anvil.url, "--deployment", str(place.file)]
    assert run(["wallet", "transfer", "99999999", NOBODY, "--account", "1", *options]) == 4
    captured = capsys.readouterr()
    [line] = captured.err.splitlines()
    assert line.startswith("modelchain: ")
    assert "tokens, 99999999 were to be sent" in line
    assert captured.out == ""
