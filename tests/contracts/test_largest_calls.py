"""No legal call takes more gas than a transaction may have, however large the round.

EIP-7825 caps a transaction at 2^24 gas. Here are as many members, parts and models as the
parameters allow, and what makes each call dear.
"""

import hashlib
from dataclasses import replace

import pytest
from web3 import Web3

from offchain.attacks.worlds.contracts import TRANSACTION_GAS
from offchain.crypto.hashing import keccak256
from offchain.protocol.rules.standing import MAXIMUM_STANDING
from offchain.protocol.words.parameters import DEMO, LARGEST_TEST_SET
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import EMPTY_ROW
from scripts.support.chains.dispute_gas import JUDGED_BY_IMAGES, Dispute
from scripts.support.chains.evm import Evm
from scripts.support.chains.judging_gas import LARGEST as DEAREST_NETWORK
from scripts.support.chains.made_up import BASELINE, label, row
from scripts.support.chains.rounds import Rounds
from scripts.support.chains.stages import impersonated

MEMBERS = 128
LARGEST = {"maximum_members": MEMBERS, "epoch_rounds": 8, "parts": 32, "test_parts": 31}
FILE = 120_000

pytestmark = pytest.mark.full


def addresses(count: int) -> list[str]:
    """So many accounts."""
    return [Web3.to_checksum_address(keccak256(b"%d" % number)[:20]) for number in range(count)]


def refill(rounds: Rounds) -> None:
    """Everybody fills up what burned."""
    for account in rounds.accounts:
        missing = rounds.chain.parameters.stake - int(
            rounds.chain.view("Membership", "stakeOf", account).amount
        )
        if missing:
            rounds.chain.send("Membership", "addStake", sender=account, value=missing)


def test_every_call_of_the_largest_rounds_fits_a_transaction(evm: Evm) -> None:
    accounts = addresses(MEMBERS)
    with impersonated(evm, accounts):
        rounds = Rounds.deploy(evm, accounts, MEMBERS, **LARGEST)
        rounds.start()
        rounds.make_block({accounts[0]: row(5)}, accounts, accounts[:3])
        everybody_has_a_voice(rounds)
        nobody_reveals(rounds)
        refill(rounds)
        everybody_s_model_is_malformed(rounds)
        rounds.chain.send("Rewards", "claimData", rounds.shared[2][127].transaction.record, 127)
    dearest = {function: max(gas) for function, gas in rounds.chain.gas.items()}
    assert dearest["finalize"] <= 5_000_000
    assert max(dearest.values()) <= TRANSACTION_GAS, dearest


def everybody_has_a_voice(rounds: Rounds) -> None:
    """All share, report, reveal and attest. All but half name a data set and a block of their own,
    so that votes are counted in the most different ways that still make a block."""
    accounts = rounds.accounts
    rounds.collect(accounts)
    rounds.publish()
    rounds.chain.advance()
    for account in accounts:
        rounds.commit(account)
    rounds.chain.advance()
    rounds.publish()
    rounds.advance_to(Phase.REPORT)
    for number, account in enumerate(accounts):
        rounds.report_data(account, 2**MEMBERS - 1 if number < MEMBERS // 2 - 1 else 0)
    rounds.advance_to(Phase.REVEAL)
    for number, account in enumerate(accounts):
        differs = number >= MEMBERS // 2 + 1
        rounds.reveal(account, **({"previous_block": label(number)} if differs else {}))
    rounds.advance_to(Phase.ATTEST)
    rows = [BASELINE, *(row(1_000 - number, 20) for number in range(MEMBERS))]
    rounds.state(rows, accounts)
    receipt = rounds.finalize(rows)
    [event] = rounds.chain.events(receipt, "ModelChain", "BlockAppended")
    assert event["data"]["voices"] == MEMBERS
    gained = rounds.chain.events(receipt, "Attestations", "StandingGained")
    assert len(gained) == MEMBERS // 4 + 1  # account 0 had it


def nobody_reveals(rounds: Rounds) -> None:
    """All commit, and all lose a part of their stake when Reveal ends."""
    rounds.collect(rounds.accounts[:3])
    rounds.publish()
    rounds.chain.advance()
    for account in rounds.accounts:
        rounds.commit(account)
    rounds.chain.advance()
    rounds.publish()
    rounds.advance_to(Phase.REVEAL)
    receipt = rounds.chain.advance()
    assert len(rounds.chain.events(receipt, "Membership", "StakeBurned")) == MEMBERS
    rounds.advance_to(Phase.VOID)


def everybody_s_model_is_malformed(rounds: Rounds) -> None:
    """The largest file is brought; all models are malformed, and the stakes of all burn."""
    accounts = rounds.accounts
    rounds.collect(accounts[:3])
    rounds.publish()
    rounds.chain.advance()
    file = bytes(range(1, 251)) * (FILE // 250)
    first = accounts[0]
    model = rounds.model(first, model_hash=hashlib.sha256(file).digest())
    commitment = model.commitment(rounds.chain.domain, rounds.competing, bytes(32))
    rounds.chain.send("ModelTransactions", "commitModel", commitment, bytes(32), sender=first)
    for account in accounts[1:]:
        rounds.commit(account)
    rounds.chain.advance()
    rounds.publish()
    rounds.advance_to(Phase.REVEAL)
    rounds.chain.send("ModelTransactions", "revealModel", model, bytes(32), sender=first)
    for account in accounts[1:]:
        rounds.reveal(account)
    rounds.chain.advance()
    attesters = [
        account
        for account in accounts
        if rounds.chain.view("Attestations", "isAttester", rounds.competing, account)
    ]
    rounds.report_models(attesters[0], 2**MEMBERS - 1)
    rounds.chain.advance()
    rounds.chain.send("ModelTransactions", "bringModel", 0, file)
    rounds.advance_to(Phase.ATTEST)
    rows = [BASELINE, *[EMPTY_ROW] * MEMBERS]
    rounds.state(rows, attesters)
    receipt = rounds.finalize(rows)
    assert len(rounds.chain.events(receipt, "BlockProduction", "ModelBurned")) == MEMBERS


def test_the_dearest_proof_takes_the_stakes_of_all_who_may_attest(evm: Evm) -> None:
    """All state the same false point, of the network that costs the judge most; the sample's paths
    are as long as they get."""
    accounts = addresses(MAXIMUM_STANDING)
    parameters = replace(
        DEMO,
        maximum_members=MEMBERS,
        parts=32,
        test_parts=1,
        samples_per_part=LARGEST_TEST_SET,
        minimum_standing=1,
        standing_rounds=64,
    )
    with impersonated(evm, accounts):
        rounds = Rounds.deploy(evm, accounts, MEMBERS, parameters, JUDGED_BY_IMAGES)
        rounds.start()
        rounds.make_block({accounts[0]: row(5)}, accounts[:MEMBERS], accounts[:3])
        everybody_has_standing(rounds)
        dispute = Dispute.stated(rounds, accounts[MEMBERS - 3 : MEMBERS], accounts, DEAREST_NETWORK)
        dispute.ask()
        dispute.answer()
        dispute.ask_cell()
        dispute.answer_cell()
        dispute.prove()
    [gas] = rounds.chain.gas["prove"]
    assert 11_000_000 < gas <= 12_000_000


def everybody_has_standing(rounds: Rounds) -> None:
    """As after many blocks: whoever produces them grants it, to a part of all at a time."""
    chain = rounds.chain
    for account in rounds.accounts[MEMBERS:]:
        chain.send("Membership", "addStake", sender=account, value=chain.parameters.stake)
    producer = chain.by_name["BlockProduction"].address
    chain.evm.request("anvil_setBalance", producer, hex(10**18))
    while chain.view("Attestations", "standingCount") < len(rounds.accounts):
        chain.send("Attestations", "grantStanding", 1, rounds.accounts, sender=producer)
