"""`modelchain wallet history`: everything that happened to tokens and stake, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account

from offchain.chain.abi.calls import FunctionCall
from offchain.chain.reading import token_history
from offchain.chain.reading.balances import RewardPlace
from offchain.chain.reading.token_history import read_history
from offchain.chain.rpc.provider import RpcFault, RpcReplyError
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.commands.wallet.history import moment
from offchain.node.relayer.order_client import OrderTerms
from offchain.node.wallet.orders import make_order, sign_order
from scripts.support.chains.made_up import row
from tests.support.chains.token_place import token_place
from tests.support.chains.wallet_place import WalletPlace, deployed_wallet
from tests.support.servers.scripted_node import Answer, error, forward, scripted_node

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TOKEN = 10**18


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletPlace]:
    """After a block whose best model is account 1's, and a transfer each way."""
    with token_place() as started:
        rounds = started.rounds
        members = [started.account(number) for number in range(3)]
        rounds.make_block({members[1]: row(10), members[0]: row(8)}, members)
        index = [shared.transaction.reward_address for shared in rounds.shared[1]].index(
            started.secrets(1).reward_address(1)
        )
        send = rounds.chain.send
        send("Rewards", "claimBest", 1)
        for member in members[:2]:
            send("Rewards", "claimAttestation", 1, member)
        send("Rewards", "claimData", rounds.shared[1][index].transaction.record, index)
        transfer(started.client(1), NOBODY, 5 * TOKEN)
        transfer(started.client(0), members[1], 2 * TOKEN)
        yield deployed_wallet(started, tmp_path_factory.mktemp("history"))


def transfer(client: Web3Chain, to: str, amount: int) -> None:
    client.call(FunctionCall("ModelToken", "transfer", (to, amount)))


def told(place: WalletPlace, *arguments: str) -> list[tuple[Any, ...]]:
    found = place.json("history", *arguments)
    return [
        (entry["kind"], entry["account"], entry["tokens"], entry["stake"], entry["round"])
        for entry in found["entries"]
    ]


def amounts(place: WalletPlace) -> dict[str, int]:
    """What the contracts paid, from the parameters: the reward of block 1 and its pots."""
    parameters = place.chain.deployment.parameters
    return {
        "best": parameters.block_reward * parameters.best_basis_points // 10_000,
        "attester": parameters.block_reward * parameters.attesters_basis_points // 10_000 // 3,
        "data": parameters.block_reward * parameters.data_basis_points // 10_000 // 3,
    }


def test_an_account_with_its_rewards_is_told_in_full_newest_first(place):
    owner, paid = place.owner, amounts(place)
    assert told(place, "--account", "1") == [
        ("received", owner, 2 * TOKEN, 0, None),
        ("sent", owner, -5 * TOKEN, 0, None),
        ("data reward", place.sources()[0], paid["data"], 0, 1),
        ("attestation reward", owner, paid["attester"], 0, 1),
        ("best model reward", owner, paid["best"], 0, 1),
        ("stake added", owner, 0, place.chain.deployment.parameters.stake, None),
    ]


def test_tokens_add_up_to_the_balances(place):
    entries = place.json("history", "--account", "1")["entries"]
    for address in {entry["account"] for entry in entries}:
        total = sum(entry["tokens"] for entry in entries if entry["account"] == address)
        assert place.tokens(address) == [total]


def test_the_same_account_by_address_is_told_without_its_rewards(place):
    by_number = [entry for entry in told(place, "--account", "1") if entry[0] != "data reward"]
    assert told(place, place.owner) == by_number


def test_a_reward_address_alone_is_told_what_is_its_own(place):
    address = place.sources()[0]
    assert told(place, address) == [("data reward", address, amounts(place)["data"], 0, 1)]
    assert told(place, NOBODY) == [("received", NOBODY, 5 * TOKEN, 0, None)]


def test_entries_say_where_and_when(place):
    ethereum = place.chain.ethereum
    for entry in place.json("history", "--account", "1")["entries"]:
        assert ethereum.block(entry["block_number"]).timestamp == entry["timestamp"]
        receipt = ethereum.receipt(bytes.fromhex(entry["transaction_hash"][2:]))
        assert receipt.block_number == entry["block_number"]
        assert entry["log_index"] in [log.log_index for log in receipt.logs]
    found = place.json("history", "--account", "1")
    assert found["complete"]
    assert found["last_block"] == ethereum.block_number()


def test_the_newest_entries_are_told_when_there_are_too_many(place):
    everything = told(place, "--account", "1")
    found = place.json("history", "--account", "1", "--limit", "3")
    assert not found["complete"]
    assert told(place, "--account", "1", "--limit", "3") == everything[:3]
    exact = place.json("history", "--account", "1", "--limit", str(len(everything)))
    assert exact["complete"]


def test_a_range_of_blocks_is_looked_through(place):
    found = place.json("history", "--account", "1")
    blocks = [entry["block_number"] for entry in found["entries"]]
    first, last = blocks[-2], blocks[2]
    part = place.json(
        "history", "--account", "1", "--from-block", str(first), "--to-block", str(last)
    )
    assert part["entries"] == found["entries"][2:-1]
    assert (part["first_block"], part["last_block"]) == (first, last)
    # Beyond the chain's end there is nothing, and before the deployment neither.
    assert place.json("history", NOBODY, "--to-block", str(2**62))["entries"]
    assert place.json("history", NOBODY, "--from-block", str(2**62))["entries"] == []
    assert place.json("history", NOBODY, "--to-block", "0")["entries"] == []


@pytest.mark.parametrize("window", [1, 2, 7])
def test_windows_of_blocks_make_no_difference(place, monkeypatch, window):
    owner = place.owner
    contracts = place.chain.contracts
    expected = read_history(contracts, owner)
    monkeypatch.setattr(token_history, "WINDOW_BLOCKS", window)
    assert read_history(contracts, owner) == expected
    limited = read_history(contracts, owner, limit=2)
    assert limited.entries == expected.entries[:2]
    assert not limited.complete


def test_what_is_staked_burned_and_returned_is_told(place):
    """Account 5 adds a stake before it applies, and takes it back."""
    chain = place.chain.rounds.chain
    stake = place.chain.deployment.parameters.stake
    account = place.chain.account(5)
    with place.chain.undone():
        chain.send("Membership", "addStake", sender=account, value=stake)
        chain.send("Membership", "withdrawStake", sender=account)
        assert told(place, account) == [
            ("stake returned", account, 0, -stake, None),
            ("stake added", account, 0, stake, None),
        ]


def test_moving_a_reward_to_the_own_account_is_one_entry(place):
    address = place.sources()[0]
    with place.chain.undone():
        place.chain.ethereum.request("anvil_setBalance", address, hex(TOKEN))
        key = place.chain.secrets(1).reward_key(1)
        transfer(Web3Chain(place.chain.contracts, Account.from_key(key)), place.owner, 7)
        assert told(place, "--account", "1")[0] == ("moved", place.owner, 7, 0, None)
        assert told(place, address)[0] == ("sent", address, -7, 0, None)


def test_an_order_is_told_as_if_its_holder_had_paid_receiver_and_relayer_itself(place):
    contracts, relayer = place.chain.contracts, place.chain.client(2)
    secrets, payout = place.chain.secrets(1), place.payouts()[0]
    holder, key = place.sources()[0], RewardPlace(1, is_payout=False).key(secrets)
    with place.chain.undone():
        place.chain.mint(relayer.account, TOKEN)
        terms = OrderTerms(relayer.account, 3)
        for receiver, amount in ((payout, 7), (NOBODY, 11)):
            now = contracts.ethereum.block().timestamp
            order = make_order(holder, receiver, amount, terms, now)
            relayer.execute(sign_order(contracts.deployment, key, order))
        # By mistake: it stays there.
        orders = contracts.deployment.address("TokenOrders")
        transfer(relayer, orders, 5)
        assert told(place, holder)[:4] == [
            ("sent", holder, -3, 0, None),
            ("sent", holder, -11, 0, None),
            ("sent", holder, -3, 0, None),
            ("sent", holder, -7, 0, None),
        ]
        assert told(place, "--account", "1")[3] == ("moved", payout, 7, 0, None)
        found = place.json("history", NOBODY)["entries"][0]
        assert (found["kind"], found["other"], found["tokens"]) == ("received", holder, 11)
        sent = place.json("history", relayer.account)["entries"][0]
        assert (sent["kind"], sent["other"], sent["tokens"]) == ("sent", orders, -5)
        assert "(payout" in place.run("history", "--account", "1").output


def test_a_mint_that_no_reward_explains_is_told_as_such(place):
    with place.chain.undone():
        place.chain.mint(NOBODY, 11)
        assert told(place, NOBODY)[0] == ("minted", NOBODY, 11, 0, None)


def test_people_see_the_same(place):
    result = place.run("history", "--account", "1")
    owner = place.owner
    assert owner in result.output
    for shown in (
        "best model reward",
        "data reward",
        "stake added",
        "-5",
        "sent to",
    ):
        assert shown in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80
    limited = place.run("history", "--account", "1", "--limit", "1").output
    assert "there is more before" in limited


def test_a_node_that_refuses_is_said(place):
    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            return Answer(error(request, -32000, "too many results"))
        return Answer(forward(place.chain.anvil.url, request))

    with scripted_node(answer) as node, pytest.raises(RpcFault, match="too many results"):
        read_history(open_contracts(node.url, place.file), NOBODY)


def test_logs_of_other_events_are_not_let_in(place):
    """A node that ignores the filter is noticed, so that its answers are not mixed in."""

    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            request["params"][0]["topics"] = []
        return Answer(forward(place.chain.anvil.url, request))

    with scripted_node(answer) as node, pytest.raises(RpcReplyError, match="other topics"):
        read_history(open_contracts(node.url, place.file), NOBODY)


def test_a_time_that_is_none_does_not_break_the_table():
    assert moment(0) == "1970-01-01 00:00"
    assert moment(2**255) == str(2**255)


@pytest.mark.parametrize(
    "arguments", [(), (NOBODY, "--account", "1"), (NOBODY, "--limit", "0"), ("--account", "-1")]
)
def test_arguments_that_make_no_sense_are_said(place, arguments):
    assert place.run("history", *arguments).exit_code == 2
