"""`modelchain wallet history`: everything that happened to tokens and bonds, newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from eth_account import Account

from offchain.chain.abi.calls import FunctionCall
from offchain.chain.abi.interfaces import interface
from offchain.chain.reading import token_history
from offchain.chain.reading.balances import RewardPlace
from offchain.chain.reading.token_history import read_history
from offchain.chain.rpc.provider import RpcFault, RpcReplyError
from offchain.chain.sending.accounts import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain, open_contracts
from offchain.commands.wallet.history import moment
from offchain.crypto.secp256k1 import possession_hash, prove_possession
from offchain.node.relayer.client import OrderTerms
from offchain.node.wallet.orders import make_order, sign_order
from offchain.protocol.words.actions import Possession, RegisterKeys
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.chains.wallet_place import WalletPlace, wallet_place
from tests.support.servers.scripted_node import Answer, error, forward, scripted_node

NOBODY = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
TOKEN = 10**18
BOND = TOKEN // 10


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WalletPlace]:
    """After the block, account 1 sends 5 tokens to NOBODY and gets 2 from account 0."""
    with wallet_place(tmp_path_factory.mktemp("history")) as place:
        clients = place.world.clients
        send(clients[1], NOBODY, 5 * TOKEN)
        send(clients[0], clients[1].account, 2 * TOKEN)
        yield place


def send(client: Web3Chain, to: str, amount: int) -> None:
    client.call(FunctionCall("ModelToken", "transfer", (to, amount)))


def told(place: WalletPlace, *arguments: str) -> list[tuple[Any, ...]]:
    found = place.json("history", *arguments)
    return [
        (entry["kind"], entry["account"], entry["tokens"], entry["bond"], entry["subject"])
        for entry in found["entries"]
    ]


def amounts(place: WalletPlace) -> dict[str, int]:
    """What the contracts paid, from the parameters: the reward of block 1 and its pots."""
    parameters = place.world.deployment.parameters
    pots = {
        "models": parameters.models_basis_points,
        "attesters": parameters.attesters_basis_points,
        "data": parameters.data_basis_points,
    }
    paid = {name: parameters.block_reward * part // 10_000 for name, part in pots.items()}
    return {
        "model": paid["models"] // 2,
        "attester": paid["attesters"] // 2,
        "item": paid["data"] // 12,
    }


def test_an_account_with_its_rewards_is_told_in_full_newest_first(place):
    owner, paid = place.world.clients[1].account, amounts(place)
    secrets = place.world.secrets(1)
    rewards = {index: secrets.reward_address(1, index % 4) for index in (4, 5, 6, 7)}
    assert told(place, "--account", "1") == [
        ("received", owner, 2 * TOKEN, None, None),
        ("sent", owner, -5 * TOKEN, None, None),
        ("data reward", rewards[7], paid["item"], None, 1),
        ("data reward", rewards[6], paid["item"], None, 1),
        ("data reward", rewards[4], paid["item"], None, 1),
        ("data reward", rewards[5], paid["item"], None, 1),
        ("attestation reward", owner, paid["attester"], None, 1),
        ("model reward", owner, paid["model"], None, 1),
        ("model bond locked", owner, 0, BOND, 1),
    ]


def test_tokens_add_up_to_the_balances(place):
    entries = place.json("history", "--account", "1")["entries"]
    for address in {entry["account"] for entry in entries}:
        total = sum(entry["tokens"] for entry in entries if entry["account"] == address)
        assert place.tokens(address) == [total]


def test_the_same_account_by_address_is_told_without_its_rewards(place):
    owner = place.world.clients[1].account
    by_number = [entry for entry in told(place, "--account", "1") if entry[0] != "data reward"]
    assert told(place, owner) == by_number


def test_a_reward_address_alone_is_told_what_is_its_own(place):
    address = place.world.secrets(1).reward_address(1, 3)
    assert told(place, address) == [("data reward", address, amounts(place)["item"], None, 1)]
    assert told(place, NOBODY) == [("received", NOBODY, 5 * TOKEN, None, None)]


def test_entries_say_where_and_when(place):
    ethereum = place.world.ethereum
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
    owner = place.world.clients[1].account
    contracts = place.world.clients[0].contracts
    expected = read_history(contracts, owner)
    monkeypatch.setattr(token_history, "WINDOW_BLOCKS", window)
    assert read_history(contracts, owner) == expected
    limited = read_history(contracts, owner, limit=2)
    assert limited.entries == expected.entries[:2]
    assert not limited.complete


def test_what_is_locked_returned_and_burned_is_told(place):
    """A newcomer's keys need a bond; the locked amount is what its transaction brought."""
    world = place.world
    snapshot = world.ethereum.request("evm_snapshot")
    client = Web3Chain(world.clients[0].contracts, account_from_mnemonic(DEVELOPMENT_MNEMONIC, 5))
    key = world.secrets(5).share_key(0)
    digest = possession_hash(world.deployment.domain("KeyRegistry"), client.account, key.x)
    proof = prove_possession(key, digest)
    bond = world.deployment.parameters.key_bond
    client.execute(RegisterKeys((key.x,), (Possession(proof.r, proof.s, proof.v),), bond))
    assert told(place, "--account", "5") == [("key bond locked", client.account, 0, bond, 3)]
    assert world.ethereum.request("evm_revert", snapshot)


def test_moving_a_reward_to_the_own_account_is_one_entry(place):
    world = place.world
    snapshot = world.ethereum.request("evm_snapshot")
    address = world.secrets(1).reward_address(1, 0)
    world.ethereum.request("anvil_setBalance", address, hex(TOKEN))
    holder = Web3Chain(
        world.clients[0].contracts, Account.from_key(world.secrets(1).reward_key(1, 0))
    )
    send(holder, world.clients[1].account, 7)
    assert told(place, "--account", "1")[0] == (
        "moved",
        world.clients[1].account,
        7,
        None,
        None,
    )
    assert told(place, address)[0] == ("sent", address, -7, None, None)
    assert world.ethereum.request("evm_revert", snapshot)


def test_an_order_is_told_as_if_its_holder_had_paid_receiver_and_relayer_itself(place):
    world = place.world
    with world.undone():
        contracts, relayer = world.clients[0].contracts, world.clients[2]
        [(holder, key), (payout, _)] = [
            (derived.address(world.secrets(1)), derived.key(world.secrets(1)))
            for derived in (RewardPlace(1, 0, False), RewardPlace(1, 0, True))
        ]
        terms = OrderTerms(relayer.account, 3)
        for receiver, amount in ((payout, 7), (NOBODY, 11)):
            order = make_order(
                holder, receiver, amount, terms, contracts.ethereum.block().timestamp
            )
            relayer.execute(sign_order(world.deployment, key, order))
        # By mistake: it stays there.
        orders = world.deployment.address("TokenOrders")
        send(relayer, orders, 5)
        assert told(place, holder)[:4] == [
            ("sent", holder, -3, None, None),
            ("sent", holder, -11, None, None),
            ("sent", holder, -3, None, None),
            ("sent", holder, -7, None, None),
        ]
        assert told(place, "--account", "1")[3] == ("moved", payout, 7, None, None)
        found = place.json("history", NOBODY)["entries"][0]
        assert (found["kind"], found["other"], found["tokens"]) == ("received", holder, 11)
        sent = place.json("history", relayer.account)["entries"][0]
        assert (sent["kind"], sent["other"], sent["tokens"]) == ("sent", orders, -5)
        assert "(payout, scope" in place.run("history", "--account", "1").output


def test_a_mint_that_no_reward_explains_is_told_as_such(place):
    world = place.world
    snapshot = world.ethereum.request("evm_snapshot")
    minter = world.deployment.address("ModelChain")
    world.ethereum.request("anvil_impersonateAccount", minter)
    world.ethereum.request("anvil_setBalance", minter, hex(TOKEN))
    content = interface("ModelToken").encode("mint", NOBODY, 11)
    token = world.deployment.address("ModelToken")
    world.ethereum.request("eth_sendTransaction", {"from": minter, "to": token, "data": content})
    world.clock.mine()
    assert told(place, NOBODY)[0] == ("minted", NOBODY, 11, None, None)
    assert world.ethereum.request("evm_revert", snapshot)


def test_people_see_the_same(place):
    result = place.run("history", "--account", "1")
    owner = place.world.clients[1].account
    assert owner in result.output
    for shown in ("model bond locked", "0.1", "data reward", "-5", "sent to 0x5aAeb6..1BeAed"):
        assert shown in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80
    limited = place.run("history", "--account", "1", "--limit", "1").output
    assert "there is more before" in limited


def test_a_node_that_refuses_is_said(place):
    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            return Answer(error(request, -32000, "too many results"))
        return Answer(forward(place.world.anvil.url, request))

    with scripted_node(answer) as node, pytest.raises(RpcFault, match="too many results"):
        read_history(open_contracts(node.url, place.file), NOBODY)


def test_logs_of_other_events_are_not_let_in(place):
    """A node that ignores the filter is noticed, so that its answers are not mixed in."""

    def answer(request: Any) -> Answer:
        if isinstance(request, dict) and request["method"] == "eth_getLogs":
            request["params"][0]["topics"] = []
        return Answer(forward(place.world.anvil.url, request))

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
