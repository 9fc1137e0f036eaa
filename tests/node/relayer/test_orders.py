"""Signed orders through a relayer on a real chain: tokens move without their holders' ether."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, replace

import pytest
from eth_account import Account

from offchain.chain.abi.calls import FunctionCall
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain
from offchain.errors import FeeCapError, RelayerError, RelayerRefusedError
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.client import RelayerClient
from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.refused import Refused
from offchain.protocol.words.orders import order_end
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.refusals import RefusalCode
from tests.support.chains.deployed_world import World, world
from tests.support.chains.token_holders import RECEIVER, Holders, holder, holder_key, mint
from tests.support.servers.served_relayer import ServedRelayer, refusal, served_relayer

NUMBER = 6
RELAYER = str(account(NUMBER).address)
OTHER = str(account(7).address)
GWEI = 10**9
DAY = 86_400
TOKENS = 10**18
FEE = 10**16


@pytest.fixture(scope="module")
def base() -> Iterator[World]:
    with world() as started:
        for number in range(4):
            mint(started, holder(number), TOKENS)
        yield started


@pytest.fixture
def holders(base: World) -> Iterator[Holders]:
    with base.undone():
        yield Holders(base, RELAYER, FEE)


@pytest.fixture
def relayer(holders: Holders, tmp_path) -> Iterator[ServedRelayer]:
    with served_relayer(holders.contracts, NUMBER, tmp_path, minimum_fee=FEE) as served:
        yield served


def test_tokens_go_where_their_holder_said_and_the_relayer_pays_the_gas(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post_order(signed).status_code == 202
    assert relayer.post_order(signed).status_code == 200
    assert relayer.http.get("/status").json()["queuedOrders"] == 1
    before = holders.sent()
    relayer.work()
    assert holders.tokens(holder(0), RECEIVER, RELAYER) == [0, TOKENS - FEE, FEE]
    assert holders.world.ethereum.balances([holder(0)]) == [0]
    assert holders.sent() == before + 1
    assert relayer.http.get("/status").json()["queuedOrders"] == 0
    # It is done: not again, and nothing is sent.
    assert refusal(relayer.post_order(signed)) == (409, RefusalCode.ORDER_DONE)


def test_orders_of_several_holders_are_carried_out_each_alone(holders, relayer):
    for number in range(4):
        assert relayer.post_order(holders.signed(number)).status_code == 202
    before = holders.sent()
    relayer.work()
    assert holders.sent() == before + 4
    assert holders.tokens(RECEIVER, RELAYER) == [4 * (TOKENS - FEE), 4 * FEE]


REFUSED = {
    "an end that is too near": ({"valid_before": 60}, 422, RefusalCode.WINDOW),
    "an end that is too far": ({"valid_before": 2**39}, 422, RefusalCode.WINDOW),
    "an end of an odd hour": ({"valid_before": -3_600}, 422, "NotMidnight"),
    "too small a fee": ({"fee": FEE - 1}, 402, RefusalCode.FEE),
    "no amount": ({"amount": 0}, 422, "NothingToPay"),
    "another relayer": ({"relayer": OTHER}, 422, RefusalCode.OTHER_RELAYER),
    "a fee for nobody": ({"relayer": ZERO_ADDRESS}, 422, "FeeForNobody"),
    "more than there is": ({"amount": TOKENS}, 422, "ERC20InsufficientBalance"),
    "more than any number": ({"amount": 2**256 - FEE}, 422, "Panic"),
    "nowhere to go": ({"receiver": ZERO_ADDRESS}, 422, "ERC20InvalidReceiver"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_contract_or_the_relayer_would_not_do_is_refused_unsent(holders, relayer, name):
    change, status, code = REFUSED[name]
    order = holders.order(0)
    if change.get("valid_before", 0) < 0:
        change = {"valid_before": order.valid_before + change["valid_before"]}
    if change.get("amount") == 2**256 - FEE:
        # No such sum can be signed: what is signed does not matter.
        signed = replace(holders.signed(0), order=replace(order, **change))
    else:
        signed = holders.sign(0, replace(order, **change))
    before = holders.sent()
    response = relayer.post_order(signed)
    assert refusal(response) == (status, code), response.text
    relayer.work()
    assert holders.sent() == before


def test_an_order_that_another_key_signed_is_refused(holders, relayer):
    answer = relayer.post_order(holders.sign(1, holders.order(0)))
    assert refusal(answer) == (422, "ERC3009InvalidSignature")


@pytest.mark.parametrize(
    "change",
    [{"receiver": RELAYER}, {"amount": 1}, {"fee": 2 * FEE}, {"salt": b"\x01" * 32}],
    ids=lambda change: next(iter(change)),
)
def test_a_relayer_or_anybody_between_cannot_change_an_order(holders, relayer, change):
    signed = holders.signed(0)
    changed = replace(signed, order=replace(signed.order, **change))
    assert refusal(relayer.post_order(changed)) == (422, "ERC3009InvalidSignature")


def test_a_second_order_of_a_holder_whose_first_one_waits_is_refused(holders, relayer):
    assert relayer.post_order(holders.signed(0)).status_code == 202
    assert refusal(relayer.post_order(holders.signed(0))) == (409, RefusalCode.ORDER_WAITS)
    assert relayer.post_order(holders.signed(1)).status_code == 202


# ---- for nothing -------------------------------------------------------------------------------


def test_for_nothing_only_addresses_that_were_rewarded_are_served(holders, tmp_path):
    """The holder's tokens come from no reward that the chain's records tell of."""
    free = replace(holders, fee=0)
    with served_relayer(holders.contracts, NUMBER, tmp_path) as served:
        signed = free.signed(0)
        assert signed.order.relayer == ZERO_ADDRESS
        assert refusal(served.post_order(signed)) == (403, RefusalCode.NOT_REWARDED)


def test_for_nothing_all_that_is_there_is_moved_at_once(holders, tmp_path):
    free, now = replace(holders, fee=0), holders.world.ethereum.block().timestamp
    with RelayerDatabase(tmp_path / "queue.sqlite") as database:
        chain = Web3Chain(holders.contracts, account(NUMBER))
        desk = OrderDesk(holders.contracts, chain, RelayerQueue(database).orders)
        whole, part = free.signed(0), free.signed(0, amount=TOKENS - 1)
        for signed in (whole, part):
            desk.check(signed, True, now)
        desk.try_out(whole)
        with pytest.raises(Refused, match="all are moved at once") as caught:
            desk.try_out(part)
        assert caught.value.code is RefusalCode.PARTIAL


# ---- what happens meanwhile --------------------------------------------------------------------


def test_an_order_that_another_carried_out_is_forgotten_without_a_transaction(holders, tmp_path):
    """It has no fee beside what the relayer asks for: any account may hand it in."""
    free = replace(holders, fee=0)
    with RelayerDatabase(tmp_path / "queue.sqlite") as database:
        chain = Web3Chain(holders.contracts, account(NUMBER))
        desk = OrderDesk(holders.contracts, chain, RelayerQueue(database).orders)
        signed = free.signed(0)
        desk.lane.put(signed, 0.0)
        holders.world.clients[2].execute(signed)
        before = holders.sent()
        assert not desk.send(holders.world.ethereum.block().timestamp)
        assert (holders.sent(), len(desk.lane), database.dropped()) == (before, 0, {})


def test_an_order_that_its_holder_took_back_is_forgotten_without_a_transaction(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post_order(signed).status_code == 202
    nonce = signed.order.nonce(holders.world.deployment.domain())
    key = Account.from_key(holder_key(0))
    token = holders.world.deployment.address("ModelToken")
    cancelled = key.sign_typed_data(
        {
            "name": "Model Chain Token",
            "version": "1",
            "chainId": 31337,
            "verifyingContract": token,
        },
        {
            "CancelAuthorization": [
                {"name": "authorizer", "type": "address"},
                {"name": "nonce", "type": "bytes32"},
            ]
        },
        {"authorizer": key.address, "nonce": nonce},
    )
    signature = (cancelled.v, cancelled.r.to_bytes(32), cancelled.s.to_bytes(32))
    call = FunctionCall("ModelToken", "cancelAuthorization", (key.address, nonce, *signature))
    holders.world.clients[1].call(call)
    before = holders.sent()
    relayer.work()
    assert (holders.sent(), len(relayer.queue.orders)) == (before, 0)
    assert relayer.http.get("/status").json()["dropped"] == {}


def test_an_order_whose_time_passes_in_the_queue_is_dropped_with_the_reason(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post_order(signed).status_code == 202
    holders.world.clock.set(signed.order.valid_before)
    holders.world.clock.mine()
    before = holders.sent()
    relayer.work()
    assert (holders.sent(), len(relayer.queue.orders)) == (before, 0)
    assert relayer.http.get("/status").json()["dropped"] == {"orders": {"window": 1}}


def test_an_order_whose_tokens_went_elsewhere_is_dropped_with_the_reason(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post_order(signed).status_code == 202
    # The holder moves its tokens as any wallet does, with ether of its own.
    holders.world.ethereum.request("anvil_setBalance", holder(0), hex(10**18))
    client = Web3Chain(holders.contracts, Account.from_key(holder_key(0)))
    client.call(FunctionCall("ModelToken", "transfer", (RECEIVER, 1)))
    before = holders.sent()
    relayer.work()
    assert (holders.sent(), len(relayer.queue.orders)) == (before, 0)
    dropped = relayer.http.get("/status").json()["dropped"]
    assert dropped == {"orders": {"ERC20InsufficientBalance": 1}}


def test_orders_wait_while_gas_costs_more_than_the_cap(holders, tmp_path):
    contracts, ethereum = holders.contracts, holders.world.ethereum
    ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
    holders.world.clock.mine()
    policy = FeePolicy(maximum=20 * GWEI)
    with served_relayer(contracts, NUMBER, tmp_path, policy=policy, minimum_fee=FEE) as served:
        assert served.post_order(holders.signed(0)).status_code == 202
        with pytest.raises(FeeCapError):
            served.service.work()
        answer = served.http.get("/healthz")
        assert answer.status_code == 503
        report = answer.json()
        assert report["problems"] == ["what waits cannot be sent"]
        assert report["lastError"]["reason"].startswith("FeeCapError: gas costs")
        assert report["queue"]["orders"]["waiting"] == 1
        ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        holders.world.clock.mine()
        served.work()
        assert holders.tokens(RECEIVER) == [TOKENS - FEE]
        assert len(served.queue.orders) == 0
        assert served.http.get("/healthz").status_code == 200
    ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))


# ---- what is signed ----------------------------------------------------------------------------


def test_the_nonce_is_what_the_contract_says(holders):
    order = holders.order(0)
    nonce = holders.contracts.read("TokenOrders", "nonceOf", astuple(order))
    assert order.nonce(holders.world.deployment.domain()) == nonce


def test_orders_of_one_day_end_together_and_no_two_have_one_salt(holders):
    orders = [holders.order(number) for number in range(4)] + [holders.order(0)]
    assert len({order.valid_before for order in orders}) == 1
    assert len({order.salt for order in orders}) == 5


@pytest.mark.parametrize("now", [0, 1, DAY - 1, DAY, 1_700_000_000])
def test_an_order_is_good_for_a_day_and_at_most_two_until_a_midnight(now):
    assert order_end(now) % DAY == 0
    assert DAY < order_end(now) - now <= 2 * DAY


# ---- the client --------------------------------------------------------------------------------


def test_the_client_hands_an_order_over_and_reads_the_terms(holders, relayer):
    client = RelayerClient(relayer.url)
    model_chain = holders.world.deployment.address("ModelChain")
    terms = client.order_terms(31337, model_chain)
    assert (terms.relayer, terms.minimum_fee) == (RELAYER, FEE)
    client.pay(holders.signed(0))
    with pytest.raises(RelayerRefusedError, match=r"the fee is 0\.005 tokens") as refused:
        client.pay(holders.signed(1, fee=FEE // 2))
    assert (refused.value.status, refused.value.code) == (402, RefusalCode.FEE)
    with pytest.raises(RelayerError, match="serves model chain"):
        client.order_terms(1, model_chain)
    client.close()


def test_a_relayer_that_is_down_is_said():
    client = RelayerClient(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RelayerError, match="does not answer"):
        client.order_terms(1, ZERO_ADDRESS)
