"""The reward forwarder: an order does what its holder signed, once, and nothing else."""

from dataclasses import astuple, dataclass, replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3.contract import Contract

from offchain.protocol.words.status import ZERO_ADDRESS
from scripts.support.chains.evm import Evm, events, reverts

HOLDER = Account.from_key(b"\x11" * 32)
STRANGER = Account.from_key(b"\x22" * 32)
RECEIVER = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DOMAIN = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}


@dataclass(frozen=True)
class Order:
    """IRewardForwarder.Order."""

    holder: str
    receiver: str
    amount: int
    fee: int
    fee_recipient: str
    nonce: int
    deadline: int


@dataclass
class Place:
    """Token and forwarder; HOLDER has 100 tokens and no ether."""

    evm: Evm
    token: Contract
    forwarder: Contract

    def order(self, **changes: object) -> Order:
        """60 tokens for RECEIVER, of which 2 are account 4's fee."""
        deadline = self.evm.timestamp + 3600
        order = Order(HOLDER.address, RECEIVER, 60, 2, self.evm.accounts[4], 0, deadline)
        return replace(order, **changes)

    def sign_permit(self, order: Order, signer: LocalAccount = HOLDER, nonce: int = 0):
        types = {
            "owner": "address",
            "spender": "address",
            "value": "uint256",
            "nonce": "uint256",
            "deadline": "uint256",
        }
        values = (order.holder, self.forwarder.address, order.amount, nonce, order.deadline)
        return self._sign(signer, self.token, "Model Chain Token", "Permit", types, values)

    def sign_order(
        self, order: Order, signer: LocalAccount = HOLDER, contract: Contract | None = None
    ):
        types = {
            "from": "address",
            "to": "address",
            "amount": "uint256",
            "fee": "uint256",
            "feeRecipient": "address",
            "nonce": "uint256",
            "deadline": "uint256",
        }
        name = "Model Chain Reward Forwarder"
        return self._sign(signer, contract or self.forwarder, name, "Order", types, astuple(order))

    def _sign(self, signer, contract, name, kind, types, values):
        """EIP-712 as any wallet signs it, from the struct's declaration alone."""
        domain = (name, "1", self.evm.w3.eth.chain_id, contract.address)
        message = encode_typed_data(
            full_message={
                "types": {
                    "EIP712Domain": [{"name": n, "type": t} for n, t in DOMAIN.items()],
                    kind: [{"name": n, "type": t} for n, t in types.items()],
                },
                "primaryType": kind,
                "domain": dict(zip(DOMAIN, domain, strict=True)),
                "message": dict(zip(types, values, strict=True)),
            }
        )
        signed = signer.sign_message(message)
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")

    def forward(self, order: Order, permit=None, signature=None, sender: int = 5):
        """Let account 5 bring an order."""
        call = self.forwarder.functions.forward(
            astuple(order),
            permit or self.sign_permit(order),
            signature or self.sign_order(order),
        )
        return self.evm.send(call, sender=sender)

    def tokens(self, *accounts: str) -> list[int]:
        return [self.token.functions.balanceOf(account).call() for account in accounts]


@pytest.fixture
def place(evm: Evm) -> Place:
    token = evm.deploy("ModelToken", evm.accounts[1], 1_000)
    evm.send(token.functions.mint(HOLDER.address, 100), sender=1)
    assert evm.balance(HOLDER.address) == 0
    return Place(evm, token, evm.deploy("RewardForwarder", token.address))


def test_an_order_moves_amount_less_fee_to_its_destination_without_the_holders_ether(place: Place):
    order = place.order()
    receipt = place.forward(order)
    assert place.tokens(HOLDER.address, RECEIVER, order.fee_recipient) == [40, 58, 2]
    assert [dict(moved) for moved in events(receipt, place.token, "Transfer")] == [
        {"from": HOLDER.address, "to": RECEIVER, "value": 58},
        {"from": HOLDER.address, "to": order.fee_recipient, "value": 2},
    ]


def test_the_forwarder_holds_no_tokens_and_keeps_no_allowance(place: Place):
    place.forward(place.order())
    assert place.tokens(place.forwarder.address) == [0]
    allowance = place.token.functions.allowance(HOLDER.address, place.forwarder.address)
    assert allowance.call() == 0


def test_an_order_without_a_fee_is_one_transfer(place: Place):
    receipt = place.forward(place.order(fee=0, fee_recipient=ZERO_ADDRESS))
    assert len(events(receipt, place.token, "Transfer")) == 1
    assert place.tokens(HOLDER.address, RECEIVER) == [40, 60]


def test_whoever_brings_an_order_gains_nothing_by_being_first(place: Place):
    order = place.order()
    place.forward(order, sender=6)
    assert place.tokens(place.evm.accounts[6], order.fee_recipient) == [0, 2]


def test_an_order_is_carried_out_once(place: Place):
    order = place.order(amount=40)
    place.forward(order)
    assert place.forwarder.functions.nonces(HOLDER.address).call() == 1
    with reverts("InvalidAccountNonce", HOLDER.address, 1):
        place.forward(order, permit=place.sign_permit(order, nonce=1))
    again = replace(order, nonce=1)
    place.forward(again, permit=place.sign_permit(again, nonce=1))
    assert place.tokens(HOLDER.address) == [20]


@pytest.mark.parametrize(
    "change",
    [
        {"receiver": STRANGER.address},
        {"amount": 61},
        {"fee": 3},
        {"fee_recipient": STRANGER.address},
        {"nonce": 1},
        {"deadline": 2**200},
    ],
    ids=lambda change: next(iter(change)),
)
def test_nothing_that_was_signed_can_be_changed(place: Place, change: dict[str, object]):
    order = place.order()
    changed = replace(order, **change)
    # Read with other fields, the signature is that of some other address.
    recovered = Account._recover_hash(
        place.forwarder.functions.orderHash(astuple(changed)).call(),
        vrs=place.sign_order(order),
    )
    with reverts("WrongSigner", recovered, HOLDER.address):
        place.forward(changed, place.sign_permit(changed), place.sign_order(order))
    assert place.tokens(HOLDER.address) == [100]


def test_an_order_that_another_key_signed_is_refused(place: Place):
    order = place.order()
    with reverts("WrongSigner", STRANGER.address, HOLDER.address):
        place.forward(order, signature=place.sign_order(order, STRANGER))


def test_an_order_for_another_forwarder_is_refused(place: Place):
    order, other = place.order(), place.evm.deploy("RewardForwarder", place.token.address)
    signature = place.sign_order(order, contract=other)
    recovered = Account._recover_hash(
        place.forwarder.functions.orderHash(astuple(order)).call(), vrs=signature
    )
    with reverts("WrongSigner", recovered, HOLDER.address):
        place.forward(order, signature=signature)


def test_the_hash_that_is_signed_is_that_of_eip_712(place: Place):
    order = place.order()
    digest = place.forwarder.functions.orderHash(astuple(order)).call()
    assert Account._recover_hash(digest, vrs=place.sign_order(order)) == HOLDER.address
    domain = place.forwarder.functions.eip712Domain().call()
    chain_id, name = place.evm.w3.eth.chain_id, "Model Chain Reward Forwarder"
    assert domain[1:5] == [name, "1", chain_id, place.forwarder.address]


def test_a_permit_alone_moves_nothing_and_an_order_alone_neither(place: Place):
    order = place.order()
    with reverts("ERC2612InvalidSigner", STRANGER.address, HOLDER.address):
        place.forward(order, permit=place.sign_permit(order, STRANGER))
    deadline, permit = order.deadline, place.sign_permit(order)
    spender = place.forwarder.address
    place.evm.send(
        place.token.functions.permit(HOLDER.address, spender, 60, deadline, *permit), sender=6
    )
    with reverts("WrongSigner", STRANGER.address, HOLDER.address):
        place.forward(order, signature=place.sign_order(order, STRANGER))
    assert place.tokens(HOLDER.address) == [100]


def test_a_permit_that_somebody_brought_before_does_not_stop_the_order(place: Place):
    order = place.order()
    permit = place.sign_permit(order)
    call = place.token.functions.permit(
        HOLDER.address, place.forwarder.address, order.amount, order.deadline, *permit
    )
    place.evm.send(call, sender=6)
    place.forward(order, permit=permit)
    assert place.tokens(HOLDER.address, RECEIVER) == [40, 58]


def test_an_order_is_good_until_its_deadline_and_no_longer(place: Place):
    order = place.order()
    snapshot = place.evm.snapshot()
    place.evm.set_next_timestamp(order.deadline)
    place.forward(order)
    place.evm.revert(snapshot)
    place.evm.set_next_timestamp(order.deadline + 1)
    with reverts("OrderExpired", order.deadline, order.deadline + 1):
        place.forward(order)


def test_a_fee_over_the_amount_is_refused(place: Place):
    with reverts("FeeExceedsAmount", 61, 60):
        place.forward(place.order(fee=61))
    place.forward(place.order(fee=60))
    assert place.tokens(HOLDER.address, RECEIVER) == [40, 0]


def test_more_than_the_holder_has_is_refused_and_leaves_no_trace(place: Place):
    order = place.order(amount=101, fee=0)
    with reverts("ERC20InsufficientBalance", HOLDER.address, 100, 101):
        place.forward(order)
    assert place.forwarder.functions.nonces(HOLDER.address).call() == 0
    assert place.token.functions.nonces(HOLDER.address).call() == 0


def test_a_fee_that_cannot_be_paid_takes_the_whole_order_back(place: Place):
    order = place.order(fee_recipient=ZERO_ADDRESS)
    with reverts("ERC20InvalidReceiver", ZERO_ADDRESS):
        place.forward(order)
    assert place.tokens(HOLDER.address, RECEIVER) == [100, 0]


def test_the_other_signature_of_the_same_curve_point_is_refused(place: Place):
    order = place.order()
    v, r, s = place.sign_order(order)
    high = (ORDER - int.from_bytes(s, "big")).to_bytes(32, "big")
    with reverts("ECDSAInvalidSignatureS", high):
        place.forward(order, signature=(55 - v, r, high))


def test_a_signature_of_nobody_is_refused(place: Place):
    with reverts("ECDSAInvalidSignature"):
        place.forward(place.order(), signature=(29, b"\x01" * 32, b"\x01" * 32))
    # The zero address signs nothing, whatever the signature.
    with reverts("ECDSAInvalidSignature"):
        order = place.order(holder=ZERO_ADDRESS)
        place.forward(order, signature=(27, bytes(32), bytes(32)))


def test_the_token_is_that_of_the_deployment(place: Place):
    assert place.forwarder.functions.token().call() == place.token.address
