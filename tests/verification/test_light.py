"""Light verification holds headers, votes and Merkle proofs, and nothing else."""

import random
from dataclasses import fields, replace

import pytest

from offchain.crypto.merkle import merkle_proof, merkle_root
from offchain.protocol.rules import tally
from offchain.protocol.words import actions
from offchain.protocol.words.records import (
    BondReturned,
    DataRewarded,
    DataShared,
    HeatGained,
    Record,
)
from offchain.protocol.words.transactions import Item, item_leaf
from offchain.verification.light.state import LightState
from offchain.verification.light.verify import LIGHT_KINDS, verify_light
from offchain.verification.light.votes import data_rewarded
from offchain.verification.recording.differences import (
    OrderDifference,
    RecordDifference,
    RefusedCall,
    StateDifference,
)
from offchain.verification.recording.values import ContractCall, FinalState, Transaction
from scripts.support import tampering
from scripts.support.chains.real_chain import RecordedChain
from scripts.support.verifying import refusal

# Who leased keys is looked at, but not which.
HELD = [kind for kind in LIGHT_KINDS if kind.__name__ != "KeysRegistered"]
CALLS = [
    actions.SubmitHeaders,
    actions.CommitModel,
    actions.RevealModel,
    actions.CommitAttestation,
    actions.RevealAttestation,
    actions.Finalize,
    actions.ClaimData,
]
VIEWS = ["relay_height", "relay_hash", "head", "blocks", "block_hashes"]


@pytest.mark.parametrize("kind", HELD, ids=lambda kind: kind.__name__)
def test_a_changed_header_vote_or_claim_is_refused_there(chain: RecordedChain, kind: type[Record]):
    chance = random.Random(kind.__name__)
    for _ in range(4):
        change = tampering.change_record(chain.recording, kind, chance)
        found = refusal(lambda change=change: verify_light(chain.deployment, change.recording))
        assert isinstance(found, RecordDifference | OrderDifference | RefusedCall), (
            change.description
        )


@pytest.mark.parametrize("kind", CALLS, ids=lambda kind: kind.__name__)
def test_a_changed_call_behind_them_is_refused(chain: RecordedChain, kind: type):
    chance = random.Random(kind.__name__)
    for _ in range(4):
        change = tampering.change_call(chain.recording, kind, chance)
        found = refusal(lambda change=change: verify_light(chain.deployment, change.recording))
        assert isinstance(found, RecordDifference | RefusedCall), change.description


@pytest.mark.parametrize("view", VIEWS)
def test_another_head_is_refused(chain: RecordedChain, view: str):
    change = tampering.change_view(chain.recording, view, random.Random(view))
    assert change is not None
    found = refusal(lambda: verify_light(chain.deployment, change.recording))
    assert isinstance(found, StateDifference)
    assert found.what.startswith(view)


@pytest.mark.parametrize("kind", HELD, ids=lambda kind: kind.__name__)
def test_a_header_vote_or_claim_that_is_there_twice_is_refused(
    chain: RecordedChain, kind: type[Record]
):
    change = tampering.repeat_record(chain.recording, kind, random.Random(kind.__name__))
    refusal(lambda: verify_light(chain.deployment, change.recording))


@pytest.mark.parametrize("kind", [DataShared, HeatGained, BondReturned], ids=lambda k: k.__name__)
def test_what_is_left_to_full_verification_is_not_looked_at(
    chain: RecordedChain, kind: type[Record]
):
    changed = tampering.change_record(chain.recording, kind, random.Random(3)).recording
    expected = verify_light(chain.deployment, chain.recording)
    assert verify_light(chain.deployment, changed) == expected


def test_more_claims_for_test_items_than_the_block_states_are_refused(chain: RecordedChain):
    """A majority can attest a data root that holds more of them."""
    items = [
        call.action.item
        for transaction in chain.recording.transactions
        for call in transaction.calls
        if isinstance(call.action, actions.ClaimData)
    ][:2]
    state = LightState(chain.deployment)
    data_registry = chain.deployment.domain("DataRegistry")
    leaves = [item_leaf(state.domain, item.identifier(data_registry), True) for item in items]
    root = merkle_root(leaves)
    state.blocks.append(replace(state.blocks[0], data_root=root, training_items=1, test_items=1))

    def claim(index: int, item: Item) -> None:
        proof = tuple(merkle_proof(leaves, index))
        call = ContractCall(item.reward_address, actions.ClaimData(1, item, index, True, proof))
        amount = tally.data_reward(state.parameters, 1, 1, 1, is_test=True)
        record = DataRewarded(
            1, item.reward_address, index, amount, block_number=9, log_index=index, timestamp=0
        )
        data_rewarded(state, record, Transaction(bytes(32), 9, 0, (call,), (record,)))

    claim(0, items[0])
    found = refusal(lambda: claim(1, items[1]))
    assert isinstance(found, RecordDifference)
    assert found.what == "the claimed test items"


def test_views_of_accounts_are_not_looked_at(chain: RecordedChain):
    looked_at = {*VIEWS}
    others = [item.name for item in fields(FinalState) if item.name not in looked_at]
    empty = replace(
        chain.recording,
        state=replace(
            chain.recording.state,
            **{name: {} for name in others if isinstance(_view(chain, name), dict)},
        ),
    )
    assert verify_light(chain.deployment, empty) == verify_light(chain.deployment, chain.recording)


def _view(chain: RecordedChain, name: str) -> object:
    return getattr(chain.recording.state, name)
