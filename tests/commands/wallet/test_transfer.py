"""`modelchain wallet transfer`: exact amounts reach their receiver, or nothing moves."""

from __future__ import annotations

import json

import pytest
from click import UsageError
from eth_account import Account

from offchain.cli import run
from offchain.errors import (
    ConfigurationError,
    FeeCapError,
    InsufficientFundsError,
    InsufficientTokensError,
    RelayerRefusedError,
)
from offchain.node.demo.local_network import account
from offchain.node.wallet.payments import UnsettledOrderError
from offchain.refusals import RefusalCode
from tests.support.servers.http_server import Answer, Request, serve
from tests.support.servers.order_relayer import order_relayer, working_order_relayer
from tests.support.waiting import PATIENCE_SECONDS

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TOKEN = 10**18


def test_an_exact_amount_arrives_and_the_receipt_is_told(place):
    owner = place.owner
    before = place.tokens(owner, NOBODY)
    found = place.json("transfer", "1.000000000000000001", NOBODY, "--account", "1")
    assert place.tokens(owner, NOBODY) == [before[0] - TOKEN - 1, TOKEN + 1]
    sent = place.chain.ethereum.request("eth_getTransactionReceipt", found["transaction_hash"])
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
    assert f"Sent 2.5 MCT from {place.owner} to {NOBODY}" in output
    assert "Transaction 0x" in output


def test_everything_can_be_sent_and_no_unit_more(place):
    owner = place.owner
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
    before = place.tokens(place.owner)
    with pytest.raises(ConfigurationError):
        place.run("transfer", "--account", "1", "--", amount, NOBODY)
    assert place.tokens(place.owner) == before


def test_tokens_are_not_sent_where_they_would_be_lost(place):
    deployment = place.chain.deployment
    own = place.owner
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
    place.chain.ethereum.request("anvil_setBalance", key.address, hex(TOKEN))
    assert place.json("transfer", "1", NOBODY)["from"] == key.address
    assert place.tokens(key.address, NOBODY) == [2 * TOKEN, TOKEN]


def test_no_more_is_paid_for_gas_than_allowed(place):
    with pytest.raises(FeeCapError):
        place.run("transfer", "1", NOBODY, "--account", "1", "--maximum-fee", "0.000000001")
    assert place.tokens(NOBODY) == [0]


# ---- by an order -------------------------------------------------------------------------------


def without_ether(place) -> str:
    """A fresh address of account 1's node, with 10 tokens."""
    address = place.chain.secrets(1).payout_address(2)
    place.json("transfer", "10", address, "--account", "1")
    return address


def by_order(place, source: str, amount: str, *arguments: str):
    options = ["--account", "1", "--from", source, "--wait", f"{PATIENCE_SECONDS:.0f}"]
    return place.run("transfer", amount, NOBODY, *options, *arguments)


def test_a_fresh_address_pays_without_ether_and_the_relayer_has_its_fee(place, tmp_path):
    source = without_ether(place)
    contracts = place.chain.contracts
    with working_order_relayer(contracts, 6, tmp_path, minimum_fee=TOKEN // 2) as served:
        asked = ("--relayer", served.url, "--highest-fee", "0.5")
        said = by_order(place, source, "2.5", *asked).output
        output = by_order(place, source, "3", *asked, "--json").stdout
    found = json.loads(output[output.index("{\n") :])  # the relayer logs in the same process
    relayer = str(account(6).address)
    assert f"Sent 2.5 MCT from {source} to {NOBODY} and 0.5 MCT to the relayer {relayer}" in said
    assert place.tokens(source, NOBODY, relayer) == [7 * TOKEN // 2, 11 * TOKEN // 2, TOKEN]
    assert place.chain.ethereum.balances([source]) == [0]
    nonce = bytes.fromhex(found.pop("nonce")[2:])
    assert contracts.read("ModelToken", "authorizationState", source, nonce)
    assert found == {
        "chain_id": 31337,
        "from": source,
        "to": NOBODY,
        "amount": 3 * TOKEN,
        "fee": TOKEN // 2,
    }


def test_the_account_itself_pays_by_an_order_too_all_that_it_has_where_that_is_free(
    place, tmp_path
):
    """It had rewards, so that a relayer serves it for nothing."""
    owner = place.owner
    [everything] = place.tokens(owner)
    digits = f"{everything // TOKEN}.{everything % TOKEN:018d}"
    with working_order_relayer(place.chain.contracts, 6, tmp_path) as served:
        by_order(place, owner, digits, "--relayer", served.url)
    assert place.tokens(owner, NOBODY) == [0, everything]


def test_a_relayer_that_refuses_is_passed_over_and_the_last_one_says_why(place, tmp_path):
    source = without_ether(place)
    contracts = place.chain.contracts
    with (
        order_relayer(contracts, 6, tmp_path / "free", was_rewarded=lambda _: False) as free,
        working_order_relayer(contracts, 7, tmp_path / "paid", minimum_fee=5) as paid,
    ):
        with pytest.raises(RelayerRefusedError, match="never had a reward"):
            by_order(place, source, "1", "--relayer", free.url)
        both = ("--relayer", free.url, "--relayer", paid.url)
        fee = "0.000000000000000005"
        for _ in range(3):
            by_order(place, source, "1", *both, "--highest-fee", fee)
    assert place.tokens(NOBODY, str(account(7).address)) == [3 * TOKEN, 15]


def test_amount_and_fee_must_be_there_together(place, tmp_path):
    source = without_ether(place)
    with order_relayer(place.chain.contracts, 6, tmp_path, minimum_fee=TOKEN) as served:
        with pytest.raises(InsufficientTokensError) as caught:
            by_order(place, source, "9.5", "--relayer", served.url, "--highest-fee", "1")
        assert (caught.value.balance, caught.value.needed) == (10 * TOKEN, 21 * TOKEN // 2)
        assert len(served.desk.lane) == 0


def test_an_order_that_is_not_seen_paid_in_time_is_said_with_its_end(place, tmp_path):
    source = without_ether(place)
    with order_relayer(place.chain.contracts, 6, tmp_path, minimum_fee=1) as served:
        asked = ("--relayer", served.url, "--highest-fee", "1", "--wait", "0")
        with pytest.raises(UnsettledOrderError, match=r"until 20\d\d-.* 00:00 UTC .*pay twice"):
            by_order(place, source, "1", *asked)
        with pytest.raises(RelayerRefusedError) as caught:
            by_order(place, source, "1", *asked)
        assert caught.value.code is RefusalCode.ORDER_WAITS
        served.work()
    assert place.tokens(NOBODY) == [TOKEN]


def test_no_second_relayer_is_asked_where_the_first_one_may_have_the_order(place):
    """It says what it asks for, and breaks off its answer when it is given the order."""
    terms = {
        "chainId": 31337,
        "modelChain": place.chain.deployment.address("ModelChain"),
        "relayer": str(account(6).address),
        "minimumFee": "1",
    }

    def respond(request: Request) -> Answer:
        if request.method == "GET":
            return Answer(json.dumps(terms).encode())
        return Answer(b"{", 202, length=100)

    source = without_ether(place)
    with serve(respond) as first, serve(respond) as second:
        asked = ("--relayer", first.url, "--relayer", second.url, "--highest-fee", "1")
        with pytest.raises(UnsettledOrderError, match="may still be carried out"):
            by_order(place, source, "1", *asked)
    posted = [made.path for made in first.requests + second.requests if made.method == "POST"]
    assert posted == ["/orders"]


def test_only_addresses_of_the_node_can_be_paid_from(place):
    with pytest.raises(ConfigurationError, match="is no address of account 1"):
        by_order(place, place.chain.secrets(2).payout_address(2), "1")
    with pytest.raises(UsageError, match="--from needs --account"):
        place.run("transfer", "1", NOBODY, "--from", NOBODY, standalone_mode=False)


def test_an_error_is_one_line_with_its_status(place, capsys):
    options = ["--rpc", place.chain.anvil.url, "--deployment", str(place.file)]
    assert run(["wallet", "transfer", "99999999", NOBODY, "--account", "1", *options]) == 4
    captured = capsys.readouterr()
    [line] = captured.err.splitlines()
    assert line.startswith("modelchain: ")
    assert "tokens, 99999999 were to be sent" in line
    assert captured.out == ""
