"""Signed orders through a relayer on a real chain: rewards move without their holders' ether."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from offchain.chain.abi.calls import FunctionCall
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain
from offchain.errors import FeeCapError, RelayerError, RelayerRefusedError
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.client import RelayerClient
from offchain.node.wallet.orders import order_typed_data, read_holdings, sign_order
from offchain.protocol.words.actions import ForwardReward
from offchain.protocol.words.forwarding import ForwardOrder
from offchain.refusals import RefusalCode
from tests.support.chains.deployed_world import World, world
from tests.support.chains.played_round import play
from tests.support.servers.served_relayer import ServedRelayer, refusal, served_relayer

NUMBER = 6
RELAYER = str(account(NUMBER).address)
RECEIVER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ZERO = "0x" + "00" * 20
GWEI = 10**9


@dataclass
class Place:
    """A world after a block, whose items' rewards are claimed."""

    world: World

    def order(self, index: int, **changes: object) -> ForwardOrder:
        """All of the reward of an item: item 4 n + i is of node n's share key i."""
        holder = self.world.secrets(index // 4).reward_address(1, index % 4)
        [holding] = read_holdings(self.world.clients[0].contracts, [holder])
        deadline = self.world.ethereum.block().timestamp + 3_600
        nonce = holding.order_nonce
        order = ForwardOrder(holder, RECEIVER, holding.tokens, 0, RELAYER, nonce, deadline)
        return replace(order, **changes)

    def signed(self, index: int, **changes: object) -> ForwardReward:
        """... signed by its reward key."""
        return self.sign(index, self.order(index, **changes))

    def sign(self, index: int, order: ForwardOrder) -> ForwardReward:
        """An order and its permit, signed by an item's reward key."""
        key = self.world.secrets(index // 4).reward_key(1, index % 4)
        [holding] = read_holdings(self.world.clients[0].contracts, [order.holder])
        return sign_order(self.world.deployment, key, order, holding.permit_nonce)

    def tokens(self, *accounts: str) -> list[int]:
        holdings = read_holdings(self.world.clients[0].contracts, accounts)
        return [holding.tokens for holding in holdings]

    def nonce(self) -> int:
        """Transactions of the relayer."""
        return self.world.ethereum.nonce(RELAYER)


@pytest.fixture(scope="module")
def base() -> Iterator[World]:
    with world() as started:
        played = play(started)
        for index in (0, 1, 2, 3, 4):
            started.clients[0].execute(played.claim(index))
        yield started


@pytest.fixture
def place(base: World) -> Iterator[Place]:
    with base.undone():
        yield Place(base)


@pytest.fixture
def relayer(place: Place, tmp_path) -> Iterator[ServedRelayer]:
    with served_relayer(place.world.clients[0].contracts, NUMBER, tmp_path) as served:
        yield served


def test_a_reward_moves_to_where_its_key_said_and_the_relayer_pays(place, relayer):
    forward = place.signed(0)
    holder, reward = forward.order.holder, forward.order.amount
    assert reward > 0
    assert place.world.ethereum.balances([holder]) == [0]
    assert relayer.post_order(forward).status_code == 202
    assert relayer.post_order(forward).status_code == 200
    assert relayer.http.get("/status").json()["queuedOrders"] == 1
    before = place.nonce()
    relayer.work()
    assert place.tokens(holder, RECEIVER) == [0, reward]
    assert place.world.ethereum.balances([holder]) == [0]
    assert place.nonce() == before + 1
    assert relayer.http.get("/status").json()["queuedOrders"] == 0
    # It is done: not again, and nothing is sent.
    assert refusal(relayer.post_order(forward)) == (409, RefusalCode.NONCE)


def test_a_fee_goes_to_the_relayer(place, tmp_path):
    contracts = place.world.clients[0].contracts
    with served_relayer(contracts, NUMBER, tmp_path, minimum_fee=7) as served:
        assert refusal(served.post_order(place.signed(0, fee=6))) == (402, RefusalCode.FEE)
        forward = place.signed(0, fee=7)
        assert served.post_order(forward).status_code == 202
        served.work()
        assert place.tokens(RECEIVER, RELAYER) == [forward.order.amount - 7, 7]


REFUSED = {
    "a deadline that is too near": ({"deadline": 60}, 422, RefusalCode.DEADLINE),
    "a deadline that is too far": ({"deadline": 2**39}, 422, RefusalCode.DEADLINE),
    "a fee over the amount": ({"amount": 5, "fee": 6}, 422, RefusalCode.AMOUNT),
    "no amount": ({"amount": 0}, 422, RefusalCode.AMOUNT),
    "a fee for another": ({"fee": 1, "fee_recipient": RECEIVER}, 422, RefusalCode.FEE_RECIPIENT),
    "more than there is": ({"amount": 2**200}, 422, "ERC20InsufficientBalance"),
    "nowhere to go": ({"receiver": ZERO}, 422, "ERC20InvalidReceiver"),
    "a nonce ahead": ({"nonce": 1}, 409, RefusalCode.NONCE),
    "a nonce beyond what is carried out": ({"nonce": 4}, 403, RefusalCode.TOO_MANY_ORDERS),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_contract_or_the_relayer_would_not_do_is_refused_unsent(place, relayer, name):
    change, status, code = REFUSED[name]
    before = place.nonce()
    response = relayer.post_order(place.signed(0, **change))
    assert refusal(response) == (status, code), response.text
    relayer.work()
    assert place.nonce() == before


def test_an_order_that_another_key_signed_is_refused(place, relayer):
    order = place.order(0)
    assert refusal(relayer.post_order(place.sign(1, order))) == (422, "WrongSigner")


def test_a_permit_that_another_key_signed_is_refused(place, relayer):
    order = place.order(0)
    forward = replace(place.sign(0, order), permit=place.sign(1, order).permit)
    assert refusal(relayer.post_order(forward)) == (422, "ERC2612InvalidSigner")


@pytest.mark.parametrize("change", [{"receiver": RELAYER}, {"amount": 1}, {"deadline": 1}])
def test_a_relayer_or_anybody_between_cannot_change_an_order(place, relayer, change):
    forward = place.signed(0)
    if "deadline" in change:
        change = {"deadline": forward.order.deadline + 1}
    changed = replace(forward, order=replace(forward.order, **change))
    assert refusal(relayer.post_order(changed)) == (422, "WrongSigner")


def test_only_addresses_that_were_rewarded_are_served(place, relayer):
    """Item 11 is not claimed. With tokens from elsewhere its address is nobody's concern either."""
    assert refusal(relayer.post_order(place.signed(11, amount=1))) == (
        403,
        RefusalCode.NOT_REWARDED,
    )


def test_a_second_order_of_a_nonce_that_waits_is_refused(place, relayer):
    assert relayer.post_order(place.signed(0)).status_code == 202
    other = place.signed(0, receiver=RELAYER)
    assert refusal(relayer.post_order(other)) == (409, RefusalCode.ORDER_WAITS)


def test_an_order_that_another_relayer_carried_out_is_forgotten_without_a_transaction(
    place, relayer
):
    forward = place.signed(0)
    assert relayer.post_order(forward).status_code == 202
    place.world.clients[2].execute(forward)
    before = place.nonce()
    relayer.work()
    assert (place.nonce(), len(relayer.queue.orders)) == (before, 0)
    assert relayer.http.get("/status").json()["dropped"] == {}


def test_an_order_whose_deadline_passes_in_the_queue_is_dropped_with_the_reason(place, relayer):
    forward = place.signed(0)
    assert relayer.post_order(forward).status_code == 202
    place.world.clock.set(forward.order.deadline)
    place.world.clock.mine()
    before = place.nonce()
    relayer.work()
    assert (place.nonce(), len(relayer.queue.orders)) == (before, 0)
    assert relayer.http.get("/status").json()["dropped"] == {"orders": {"deadline": 1}}


def test_an_order_whose_tokens_went_elsewhere_is_dropped_with_the_reason(place, relayer):
    forward = place.signed(0)
    holder, amount = forward.order.holder, forward.order.amount
    assert relayer.post_order(forward).status_code == 202
    # The holder moves its reward as any wallet does, with ether of its own.
    place.world.ethereum.request("anvil_setBalance", holder, hex(10**18))
    account = Account.from_key(place.world.secrets(0).reward_key(1, 0))
    client = Web3Chain(place.world.clients[0].contracts, account)
    client.call(FunctionCall("ModelToken", "transfer", (RECEIVER, amount)))
    before = place.nonce()
    relayer.work()
    assert (place.nonce(), len(relayer.queue.orders)) == (before, 0)
    dropped = relayer.http.get("/status").json()["dropped"]
    assert dropped == {"orders": {"ERC20InsufficientBalance": 1}}


def test_orders_wait_while_gas_costs_more_than_the_cap(place, tmp_path):
    contracts, ethereum = place.world.clients[0].contracts, place.world.ethereum
    ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
    place.world.clock.mine()
    policy = FeePolicy(maximum=20 * GWEI)
    with served_relayer(contracts, NUMBER, tmp_path, policy=policy) as served:
        forward = place.signed(0)
        assert served.post_order(forward).status_code == 202
        with pytest.raises(FeeCapError):
            served.service.work()
        answer = served.http.get("/healthz")
        assert answer.status_code == 503
        report = answer.json()
        assert report["problems"] == ["what waits cannot be sent"]
        assert report["lastError"]["reason"].startswith("FeeCapError: gas costs")
        assert report["queue"]["orders"]["waiting"] == 1
        ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        place.world.clock.mine()
        served.work()
        assert place.tokens(RECEIVER) == [forward.order.amount]
        assert len(served.queue.orders) == 0
        assert served.http.get("/healthz").status_code == 200
    ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))


def test_what_is_signed_is_what_the_contract_hashes(place):
    contracts, order = place.world.clients[0].contracts, place.order(0, fee=3)
    typed_data = order_typed_data(place.world.deployment, order)
    digest = _hash_eip191_message(encode_typed_data(full_message=typed_data))
    assert bytes(digest) == contracts.read("RewardForwarder", "orderHash", order)


# ---- the client --------------------------------------------------------------------------------


def test_the_client_hands_an_order_over_and_reads_the_terms(place, tmp_path):
    contracts = place.world.clients[0].contracts
    with served_relayer(contracts, NUMBER, tmp_path, minimum_fee=3) as served:
        client = RelayerClient(served.url)
        terms = client.order_terms(31337, place.world.deployment.address("ModelChain"))
        assert (terms.fee_recipient, terms.minimum_fee) == (RELAYER, 3)
        client.forward(place.signed(0, fee=3))
        with pytest.raises(RelayerRefusedError, match="the fee is 0 tokens") as refused:
            client.forward(place.signed(1))
        assert (refused.value.status, refused.value.code) == (402, RefusalCode.FEE)
        with pytest.raises(RelayerError, match="serves model chain"):
            client.order_terms(1, place.world.deployment.address("ModelChain"))
        client.close()


def test_a_relayer_that_is_down_is_said():
    client = RelayerClient(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RelayerError, match="does not answer"):
        client.order_terms(1, ZERO)
