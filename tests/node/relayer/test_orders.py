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
from offchain.node.relayer.order_client import OrderClient
from offchain.node.relayer.order_routes import MAXIMUM_ORDER_BODY
from offchain.protocol.words.orders import order_end
from offchain.protocol.words.status import ZERO_ADDRESS
from offchain.refusals import RefusalCode
from tests.support.chains.token_place import (
    RECEIVER,
    Holders,
    TokenPlace,
    holder,
    holder_key,
    token_place,
)
from tests.support.servers.order_relayer import OrderRelayer, order_relayer, refusal

NUMBER = 6
RELAYER = str(account(NUMBER).address)
OTHER = str(account(7).address)
GWEI = 10**9
DAY = 86_400
TOKENS = 10**18
FEE = 10**16


@pytest.fixture(scope="module")
def base() -> Iterator[TokenPlace]:
    with token_place() as started:
        for number in range(4):
            started.mint(holder(number), TOKENS)
        yield started


@pytest.fixture
def holders(base: TokenPlace) -> Iterator[Holders]:
    with base.undone():
        yield Holders(base, RELAYER, FEE)


@pytest.fixture
def relayer(holders: Holders, tmp_path) -> Iterator[OrderRelayer]:
    with order_relayer(holders.place.contracts, NUMBER, tmp_path, minimum_fee=FEE) as served:
        yield served


def test_tokens_go_where_their_holder_said_and_the_relayer_pays_the_gas(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post(signed).status_code == 202
    assert relayer.post(signed).status_code == 200
    assert len(relayer.desk.lane) == 1
    before = holders.sent()
    relayer.work()
    assert holders.place.tokens(holder(0), RECEIVER, RELAYER) == [0, TOKENS - FEE, FEE]
    assert holders.place.ethereum.balances([holder(0)]) == [0]
    assert holders.sent() == before + 1
    assert len(relayer.desk.lane) == 0
    # It is done: not again, and nothing is sent.
    assert refusal(relayer.post(signed)) == (409, RefusalCode.ORDER_DONE)


def test_orders_of_several_holders_are_carried_out_each_alone(holders, relayer):
    for number in range(4):
        assert relayer.post(holders.signed(number)).status_code == 202
    before = holders.sent()
    relayer.work()
    assert holders.sent() == before + 4
    assert holders.place.tokens(RECEIVER, RELAYER) == [4 * (TOKENS - FEE), 4 * FEE]


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
    response = relayer.post(signed)
    assert refusal(response) == (status, code), response.text
    relayer.work()
    assert holders.sent() == before


def test_an_order_that_another_key_signed_is_refused(holders, relayer):
    answer = relayer.post(holders.sign(1, holders.order(0)))
    assert refusal(answer) == (422, "ERC3009InvalidSignature")


@pytest.mark.parametrize(
    "change",
    [{"receiver": RELAYER}, {"amount": 1}, {"fee": 2 * FEE}, {"salt": b"\x01" * 32}],
    ids=lambda change: next(iter(change)),
)
def test_a_relayer_or_anybody_between_cannot_change_an_order(holders, relayer, change):
    signed = holders.signed(0)
    changed = replace(signed, order=replace(signed.order, **change))
    assert refusal(relayer.post(changed)) == (422, "ERC3009InvalidSignature")


def test_a_second_order_of_a_holder_whose_first_one_waits_is_refused(holders, relayer):
    assert relayer.post(holders.signed(0)).status_code == 202
    assert refusal(relayer.post(holders.signed(0))) == (409, RefusalCode.ORDER_WAITS)
    assert relayer.post(holders.signed(1)).status_code == 202


# ---- for nothing -------------------------------------------------------------------------------


@pytest.fixture
def free(holders: Holders, tmp_path) -> Iterator[OrderRelayer]:
    """It asks for nothing, and knows of rewards of holders 0 and 1."""
    rewarded = {holder(0), holder(1)}
    with order_relayer(
        holders.place.contracts, NUMBER, tmp_path, was_rewarded=rewarded.__contains__
    ) as served:
        yield served


def test_for_nothing_only_addresses_that_were_rewarded_are_served(holders, free):
    signed = replace(holders, fee=0).signed(2)
    assert signed.order.relayer == ZERO_ADDRESS
    assert refusal(free.post(signed)) == (403, RefusalCode.NOT_REWARDED)


def test_for_nothing_all_that_is_there_is_moved_at_once(holders, free):
    generous = replace(holders, fee=0)
    assert refusal(free.post(generous.signed(0, amount=TOKENS - 1))) == (403, RefusalCode.PARTIAL)
    assert free.post(generous.signed(0)).status_code == 202
    # A fee that nobody asked for counts as a part of what leaves.
    assert free.post(holders.signed(1)).status_code == 202
    free.work()
    assert holders.place.tokens(RECEIVER, RELAYER) == [2 * TOKENS - FEE, FEE]


# ---- what happens meanwhile --------------------------------------------------------------------


def test_an_order_that_another_carried_out_is_forgotten_without_a_transaction(holders, free):
    """It names nobody: any account may hand it in."""
    signed = replace(holders, fee=0).signed(0)
    assert free.post(signed).status_code == 202
    holders.place.client(2).execute(signed)
    before = holders.sent()
    assert not free.desk.send()
    assert (holders.sent(), len(free.desk.lane), free.database.dropped()) == (before, 0, {})


def test_an_order_that_its_holder_took_back_is_forgotten_without_a_transaction(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post(signed).status_code == 202
    nonce = signed.order.nonce(holders.place.deployment.domain())
    key = Account.from_key(holder_key(0))
    token = holders.place.deployment.address("ModelToken")
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
    holders.place.client(1).call(call)
    before = holders.sent()
    relayer.work()
    assert (holders.sent(), len(relayer.desk.lane)) == (before, 0)
    assert relayer.database.dropped() == {}


def test_an_order_whose_time_passes_in_the_queue_is_dropped_with_the_reason(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post(signed).status_code == 202
    holders.place.rounds.chain.evm.set_next_timestamp(signed.order.valid_before)
    holders.place.rounds.chain.evm.mine()
    before = holders.sent()
    relayer.work()
    assert (holders.sent(), len(relayer.desk.lane)) == (before, 0)
    assert relayer.database.dropped() == {"orders": {"window": 1}}


def test_an_order_whose_tokens_went_elsewhere_is_dropped_with_the_reason(holders, relayer):
    signed = holders.signed(0)
    assert relayer.post(signed).status_code == 202
    # The holder moves its tokens as any wallet does, with ether of its own.
    holders.place.ethereum.request("anvil_setBalance", holder(0), hex(10**18))
    client = Web3Chain(holders.place.contracts, Account.from_key(holder_key(0)))
    client.call(FunctionCall("ModelToken", "transfer", (RECEIVER, 1)))
    before = holders.sent()
    relayer.work()
    assert (holders.sent(), len(relayer.desk.lane)) == (before, 0)
    dropped = relayer.database.dropped()
    assert dropped == {"orders": {"ERC20InsufficientBalance": 1}}


def test_orders_wait_while_gas_costs_more_than_the_cap(holders, tmp_path):
    contracts, ethereum = holders.place.contracts, holders.place.ethereum
    ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(50 * GWEI))
    ethereum.request("anvil_mine", "0x1")
    policy = FeePolicy(maximum=20 * GWEI)
    with order_relayer(contracts, NUMBER, tmp_path, policy=policy, minimum_fee=FEE) as served:
        assert served.post(holders.signed(0)).status_code == 202
        with pytest.raises(FeeCapError):
            served.desk.send()
        assert len(served.desk.lane) == 1
        ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
        ethereum.request("anvil_mine", "0x1")
        served.work()
        assert holders.place.tokens(RECEIVER) == [TOKENS - FEE]
        assert len(served.desk.lane) == 0
    ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(GWEI))


def test_a_full_queue_says_when_to_come_back(holders, tmp_path):
    contracts = holders.place.contracts
    with order_relayer(contracts, NUMBER, tmp_path, maximum=1, minimum_fee=FEE) as served:
        assert served.post(holders.signed(0)).status_code == 202
        answer = served.post(holders.signed(1))
        assert refusal(answer) == (429, RefusalCode.QUEUE_FULL)
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"[" * (MAXIMUM_ORDER_BODY + 1), 413, RefusalCode.HTTP),
        (b"[" + b"0," * 1_000 + b"0]", 400, RefusalCode.HTTP),
        (b"{", 400, RefusalCode.HTTP),
        (b"[]", 400, RefusalCode.MALFORMED),
    ],
    ids=["too large", "many values", "no JSON", "no object"],
)
def test_a_body_that_is_no_order_is_refused(relayer, content, status, code):
    assert refusal(relayer.http.post("/orders", content=content)) == (status, code)


# ---- what is signed ----------------------------------------------------------------------------


def test_the_nonce_is_what_the_contract_says(holders):
    order = holders.order(0)
    nonce = holders.place.contracts.read("TokenOrders", "nonceOf", astuple(order))
    assert order.nonce(holders.place.deployment.domain()) == nonce


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
    client = OrderClient(relayer.url)
    model_chain = holders.place.deployment.address("ModelChain")
    terms = client.terms(31337, model_chain)
    assert (terms.relayer, terms.minimum_fee) == (RELAYER, FEE)
    client.pay(holders.signed(0))
    with pytest.raises(RelayerRefusedError, match=r"the fee is 0\.005 tokens") as refused:
        client.pay(holders.signed(1, fee=FEE // 2))
    assert (refused.value.status, refused.value.code) == (402, RefusalCode.FEE)
    with pytest.raises(RelayerError, match="serves model chain"):
        client.terms(1, model_chain)
    client.close()


def test_a_relayer_that_is_down_is_said():
    client = OrderClient(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(RelayerError, match="does not answer"):
        client.terms(1, ZERO_ADDRESS)
