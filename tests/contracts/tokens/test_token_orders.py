"""Orders: what a holder without ether signed is paid, whole and once, and nothing else is."""

from dataclasses import astuple, dataclass, replace

import pytest
from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak
from web3.contract import Contract

from offchain.protocol.words.status import ZERO_ADDRESS
from scripts.support.chains.authorizations import signed
from scripts.support.chains.evm import GENESIS_TIME, Evm, events, reverts

HOLDER = Account.from_key(b"\x11" * 32)
STRANGER = Account.from_key(b"\x22" * 32)
RECEIVER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
RELAYER = 5  # an account of the node
GROUP_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DAY = 86_400
assert GENESIS_TIME % DAY == 0
MAX_UINT256 = 2**256 - 1


@dataclass(frozen=True)
class Order:
    """ITokenOrders.Order."""

    holder: str
    receiver: str
    amount: int
    fee: int
    relayer: str
    valid_before: int
    salt: bytes


@dataclass
class Place:
    """Token and orders; HOLDER has 100 tokens and no ether."""

    evm: Evm
    token: Contract
    orders: Contract

    def order(self, **changes: object) -> Order:
        """58 tokens for RECEIVER and 2 for the relayer, until the second midnight."""
        end, relayer = GENESIS_TIME + 2 * DAY, self.evm.accounts[RELAYER]
        order = Order(HOLDER.address, RECEIVER, 58, 2, relayer, end, b"\x07" * 32)
        return replace(order, **changes)

    def free(self, **changes: object) -> Order:
        """All 60 for RECEIVER, by whomever it is handed in."""
        return self.order(amount=60, fee=0, relayer=ZERO_ADDRESS, **changes)

    def nonce(self, order: Order) -> bytes:
        return self.orders.functions.nonceOf(astuple(order)).call()

    def authorization(self, order: Order) -> tuple:
        """What the token is asked for."""
        return (
            *(order.holder, self.orders.address, order.amount + order.fee),
            *(0, order.valid_before, self.nonce(order)),
        )

    def sign(
        self,
        order: Order,
        signer: LocalAccount = HOLDER,
        kind: str = "ReceiveWithAuthorization",
        chain_id: int | None = None,
    ):
        chain = chain_id or self.evm.w3.eth.chain_id
        return signed(self.token, signer, kind, self.authorization(order), chain)

    def pay(self, order: Order, signature=None, sender: int = RELAYER):
        """Let the relayer hand an order in."""
        call = self.orders.functions.pay(astuple(order), signature or self.sign(order))
        return self.evm.send(call, sender=sender)

    def is_used(self, order: Order) -> bool:
        nonce = self.nonce(order)
        return self.token.functions.authorizationState(order.holder, nonce).call()

    def tokens(self, *accounts: str) -> list[int]:
        return [self.token.functions.balanceOf(account).call() for account in accounts]


@pytest.fixture
def place(evm: Evm) -> Place:
    token = evm.deploy("ModelToken", evm.accounts[1], 1_000)
    evm.send(token.functions.mint(HOLDER.address, 100), sender=1)
    assert evm.balance(HOLDER.address) == 0
    return Place(evm, token, evm.deploy("TokenOrders", token.address, evm.accounts[9]))


def test_an_order_pays_receiver_and_relayer_in_one_call_without_the_holders_ether(place: Place):
    order = place.order()
    receipt = place.pay(order)
    assert place.tokens(HOLDER.address, RECEIVER, order.relayer) == [40, 58, 2]
    assert place.tokens(place.orders.address) == [0]
    assert [dict(moved) for moved in events(receipt, place.token, "Transfer")] == [
        {"from": HOLDER.address, "to": place.orders.address, "value": 60},
        {"from": place.orders.address, "to": RECEIVER, "value": 58},
        {"from": place.orders.address, "to": order.relayer, "value": 2},
    ]
    [used] = events(receipt, place.token, "AuthorizationUsed")
    assert dict(used) == {"authorizer": HOLDER.address, "nonce": place.nonce(order)}


def test_an_order_without_a_fee_is_handed_in_by_anybody_and_pays_nobody_else(place: Place):
    receipt = place.pay(place.free(), sender=6)
    assert len(events(receipt, place.token, "Transfer")) == 2
    assert place.tokens(HOLDER.address, RECEIVER, place.evm.accounts[6]) == [40, 60, 0]


def test_an_order_that_names_its_relayer_may_be_without_a_fee(place: Place):
    order = place.order(fee=0)
    with reverts("NotTheRelayer", place.evm.accounts[6], order.relayer):
        place.pay(order, sender=6)
    place.pay(order)
    assert place.tokens(HOLDER.address, RECEIVER) == [42, 58]


def test_whoever_runs_ahead_of_the_relayer_is_refused(place: Place):
    order = place.order()
    with reverts("NotTheRelayer", place.evm.accounts[6], order.relayer):
        place.pay(order, sender=6)
    # Nor does naming oneself help: the holder has signed another nonce.
    with reverts("ERC3009InvalidSignature"):
        place.pay(replace(order, relayer=place.evm.accounts[6]), place.sign(order), sender=6)
    place.pay(order)
    assert place.tokens(RECEIVER, order.relayer, place.evm.accounts[6]) == [58, 2, 0]


def test_an_authorization_taken_to_the_token_itself_moves_nothing(place: Place):
    """Neither as a transfer, which it is not, nor by another receiver than the orders' contract."""
    order = place.order()
    values, signature = place.authorization(order), place.sign(order)
    functions = place.token.functions
    with reverts("ERC3009InvalidSignature"):
        place.evm.send(functions.transferWithAuthorization(*values, *signature), sender=RELAYER)
    with reverts("ERC20InvalidReceiver", place.orders.address):
        place.evm.send(functions.receiveWithAuthorization(*values, *signature), sender=RELAYER)
    place.pay(order)
    assert place.tokens(RECEIVER, order.relayer) == [58, 2]


def test_an_order_is_carried_out_once_and_another_salt_makes_another_order(place: Place):
    order = place.order(amount=38)
    place.pay(order)
    assert place.is_used(order)
    with reverts("ERC3009UsedAuthorization", HOLDER.address, place.nonce(order)):
        place.pay(order)
    other = replace(order, salt=b"\x08" * 32)
    assert not place.is_used(other)
    place.pay(other)
    assert place.tokens(HOLDER.address, RECEIVER) == [20, 76]


@pytest.mark.parametrize(
    "change",
    [
        {"holder": STRANGER.address},
        {"receiver": STRANGER.address},
        {"amount": 59},
        {"amount": 57, "fee": 3},  # as much in all
        {"fee": 3},
        {"relayer": ZERO_ADDRESS, "fee": 0},
        {"valid_before": 2**40 // DAY * DAY},
        {"salt": b"\x08" * 32},
    ],
    ids=lambda change: " and ".join(change),
)
def test_nothing_that_was_signed_can_be_changed(place: Place, change: dict[str, object]):
    order = place.order()
    with reverts("ERC3009InvalidSignature"):
        place.pay(replace(order, **change), place.sign(order))
    assert place.tokens(HOLDER.address) == [100]


def test_an_order_that_another_key_signed_is_refused(place: Place):
    order = place.order()
    with reverts("ERC3009InvalidSignature"):
        place.pay(order, place.sign(order, STRANGER))


def test_an_order_of_another_chain_is_refused(place: Place):
    order = place.order()
    with reverts("ERC3009InvalidSignature"):
        place.pay(order, place.sign(order, chain_id=1))


def test_an_order_for_another_contract_or_another_model_chain_is_refused(place: Place):
    order, signature = place.order(), place.sign(place.order())
    for chain in (place.orders.functions.modelChain().call(), place.evm.accounts[8]):
        other = place.evm.deploy("TokenOrders", place.token.address, chain)
        with reverts("ERC3009InvalidSignature"):
            place.evm.send(other.functions.pay(astuple(order), signature), sender=RELAYER)
    place.pay(order, signature)


def test_an_order_of_another_token_is_refused(place: Place):
    other = place.evm.deploy("ModelToken", place.evm.accounts[1], 1_000)
    place.evm.send(other.functions.mint(HOLDER.address, 100), sender=1)
    order = place.order()
    values = place.authorization(order)
    foreign = signed(other, HOLDER, "ReceiveWithAuthorization", values, place.evm.w3.eth.chain_id)
    with reverts("ERC3009InvalidSignature"):
        place.pay(order, foreign)


def test_the_nonce_is_the_protocols_hash_of_the_order(place: Place):
    order = place.order()
    domain = (place.evm.w3.eth.chain_id, place.evm.accounts[9])
    kinds = ("address", "address", "uint256", "uint256", "address", "uint256", "bytes32")
    encoded = encode(
        ("bytes32", "uint256", "address", *kinds),
        (keccak(text="modelchain/order/2"), *domain, *astuple(order)),
    )
    assert place.nonce(order) == keccak(encoded)


def test_a_holder_takes_an_order_back_by_cancelling_its_authorization(place: Place):
    order = place.order()
    nonce = place.nonce(order)
    signature = signed(
        place.token,
        HOLDER,
        "CancelAuthorization",
        (HOLDER.address, nonce),
        place.evm.w3.eth.chain_id,
    )
    cancel = place.token.functions.cancelAuthorization(HOLDER.address, nonce, *signature)
    place.evm.send(cancel, sender=6)
    with reverts("ERC3009UsedAuthorization", HOLDER.address, nonce):
        place.pay(order)
    assert place.tokens(HOLDER.address) == [100]


def test_an_order_is_good_before_its_midnight_and_no_longer(place: Place):
    order = place.order()
    snapshot = place.evm.snapshot()
    place.evm.set_next_timestamp(order.valid_before - 1)
    place.pay(order)
    place.evm.revert(snapshot)
    place.evm.set_next_timestamp(order.valid_before)
    with reverts("ERC3009InvalidAuthorizationTime", 0, order.valid_before):
        place.pay(order)


def test_an_order_that_ends_at_another_time_of_the_day_is_refused(place: Place):
    for end in (GENESIS_TIME + DAY - 1, GENESIS_TIME + DAY + 1):
        with reverts("NotMidnight", end):
            place.pay(place.order(valid_before=end))


def test_a_fee_for_nobody_is_refused(place: Place):
    with reverts("FeeForNobody", 2):
        place.pay(place.order(relayer=ZERO_ADDRESS))


def test_a_fee_alone_is_refused(place: Place):
    with reverts("NothingToPay", 2):
        place.pay(place.order(amount=0))


def test_amount_and_fee_beyond_all_numbers_are_refused(place: Place):
    order = place.order()
    with reverts("Panic", 0x11):
        place.pay(replace(order, amount=MAX_UINT256), place.sign(order))


def test_more_than_the_holder_has_is_refused_and_leaves_no_trace(place: Place):
    order = place.order(amount=99)
    with reverts("ERC20InsufficientBalance", HOLDER.address, 100, 101):
        place.pay(order)
    assert not place.is_used(order)
    assert place.tokens(HOLDER.address, order.relayer) == [100, 0]


def test_an_amount_that_cannot_be_paid_takes_the_whole_order_back(place: Place):
    order = place.order(receiver=ZERO_ADDRESS)
    with reverts("ERC20InvalidReceiver", ZERO_ADDRESS):
        place.pay(order)
    assert not place.is_used(order)
    assert place.tokens(HOLDER.address, order.relayer) == [100, 0]


def test_the_other_signature_of_the_same_curve_point_is_refused(place: Place):
    order = place.order()
    v, r, s = place.sign(order)
    high = (GROUP_ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    with reverts("ECDSAInvalidSignatureS", high):
        place.pay(order, (55 - v, r, high))


def test_a_signature_of_nobody_is_refused(place: Place):
    with reverts("ECDSAInvalidSignature"):
        place.pay(place.order(), (29, b"\x01" * 32, b"\x01" * 32))
    # The zero address signs nothing, whatever the signature.
    with reverts("ECDSAInvalidSignature"):
        place.pay(place.order(holder=ZERO_ADDRESS), (27, bytes(32), bytes(32)))


def test_token_and_model_chain_are_those_of_the_deployment(place: Place):
    assert place.orders.functions.token().call() == place.token.address
    assert place.orders.functions.modelChain().call() == place.evm.accounts[9]
