"""ModelChain: from the majority's scores to a block, or to a void round.

Every transaction goes to the reference too, which must do the same; see
scripts/support/worlds/world.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from offchain.crypto.hashing import keccak256
from offchain.crypto.merkle import merkle_root
from offchain.protocol.words import actions
from offchain.protocol.words.records import (
    BlockAppended,
    BondBurned,
    HeatGained,
    PhaseStarted,
    RoundVoided,
    StandingGained,
)
from offchain.protocol.words.status import Phase, VoidReason
from offchain.protocol.words.transactions import Scores
from scripts.support.chains.deployed_chain import DeployedChain, Stage, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.steps import refused
from scripts.support.worlds.world import World

BASELINE = 8
"""Of round 2, on 10 test samples: a model must reach 9."""


@pytest.fixture(scope="module")
def committing(module_evm: Evm) -> Stage:
    """Round 2 in its commit phase: the three genesis accounts attest, two places are free."""
    world = deploy_world(module_evm, maximum_models=5)
    world.start()
    world.make_block([5, 8, 3])
    world.renew()
    world.collect(7)
    return Stage(world)


@pytest.fixture
def world(committing: Stage) -> Iterator[World]:
    """Contracts and reference at that stage; compared once more at the end."""
    world = committing.enter()
    yield world
    assert isinstance(world.twin, DeployedChain)
    world.twin.assert_same_everything(world)


def compete(world: World, true_scores: Sequence[int]) -> actions.Finalize:
    """The round up to Finalize, by the first nodes with these scores."""
    return world.finalization(world.compete(true_scores, BASELINE))


# ---- what is refused -----------------------------------------------------------------------------


def test_a_table_that_the_majority_did_not_state_is_refused(world: World) -> None:
    action = compete(world, [9, 10, 9])
    majority = world.chain.competition.majority
    for change in ({"baseline": 7}, {"test_items": 2}, {"scores": (10, 10, 9)}):
        forged = replace(action.scores, **change)  # type: ignore[arg-type]
        statement = forged.statement(world.model_chain, 2)
        with refused("NotTheMajority", statement, majority):
            world.execute(replace(action, scores=forged))


def test_all_reveals_must_be_given(world: World) -> None:
    action = compete(world, [9, 10, 9])
    with refused("RevealCountMismatch", 2, 3):
        world.execute(replace(action, transactions=action.transactions[:2]))
    with refused("RevealCountMismatch", 4, 3):
        longer = (*action.transactions, action.transactions[0])
        world.execute(replace(action, transactions=longer))


def test_a_majority_behind_a_table_of_another_length_makes_no_block(world: World) -> None:
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 9), node)
    world.unseal()
    for node in world.nodes[:3]:
        world.execute(world.reveal(node), node)
    honest = world.scores(BASELINE)
    wrong = replace(honest, scores=honest.scores[:2])
    world.attest(wrong)
    transactions = tuple(reveal.transaction for reveal in world.history.round(2).reveals)
    with refused("RevealCountMismatch", 2, 3):
        world.execute(actions.Finalize(wrong, transactions, (0, 1)))
    world.end_phase()
    assert world.chain.closed_round(2).void_reason == VoidReason.NOT_FINALIZED


def test_reveals_must_be_given_as_they_were_in_their_order(world: World) -> None:
    action = compete(world, [9, 10, 9])
    transactions = action.transactions
    forged = replace(transactions[1], score=11)
    given = forged.identifier(world.model_chain, 2)
    revealed = world.chain.rounds[2].reveals
    with refused("RevealMismatch", 1, given, revealed[1]):
        world.execute(replace(action, transactions=(transactions[0], forged, transactions[2])))
    with refused("RevealMismatch", 0, revealed[1], revealed[0]):
        swapped = (transactions[1], transactions[0], transactions[2])
        world.execute(replace(action, transactions=swapped))


def test_all_valid_models_must_be_ranked_and_no_other(world: World) -> None:
    action = compete(world, [9, 10, 4])
    assert action.ranking == (1, 0)
    with refused("NotRanked", 1, 2):
        world.execute(replace(action, ranking=(1,)))
    with refused("NotRanked", 3, 2):
        world.execute(replace(action, ranking=(1, 0, 2)))
    with refused("NotValid", 2, 4, 9):
        world.execute(replace(action, ranking=(1, 2)))
    with refused("NotValid", 3, 0, 9):
        world.execute(replace(action, ranking=(3, 0)))


@pytest.mark.parametrize("ranking", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (1, 1, 0), (1, 0, 0)])
def test_models_are_ranked_by_score_then_by_the_earlier_commitment_each_once(
    world: World, ranking: tuple[int, ...]
) -> None:
    action = compete(world, [9, 10, 9])
    assert action.ranking == (1, 0, 2)
    key = [(10 - score, order) for score, order in zip((9, 10, 9), (1, 2, 3), strict=True)]
    wrong = next(i for i in (1, 2) if key[ranking[i - 1]] >= key[ranking[i]])
    with refused("WrongRanking", wrong):
        world.execute(replace(action, ranking=ranking))


def test_a_round_is_finalized_once(world: World) -> None:
    action = compete(world, [9, 10, 9])
    world.execute(action, world.nodes[5])
    with refused("WrongPhase", Phase.FINAL, Phase.FINALIZE):
        world.execute(action)


# ---- the block -----------------------------------------------------------------------------------


def test_the_block_names_its_votes_its_data_and_the_one_before(world: World) -> None:
    action = compete(world, [9, 10, 4])
    head = world.chain.block_hashes[1]
    records = world.execute(action, world.nodes[5])
    block = world.chain.blocks[2]
    best, second = (action.transactions[index].identifier(world.model_chain, 2) for index in (1, 0))
    assert (block.number, block.round, block.valid_models, block.attestations) == (2, 2, 2, 3)
    assert (block.previous_hash, block.best_model) == (head, best)
    assert block.vote_root == merkle_root([merkle_root([best, second])])
    assert block.data_root == world.data_set(2).root(world.model_chain)
    assert block.timestamp == world.chain.closed_round(2).decision_time
    appended = records[-2]
    assert isinstance(appended, BlockAppended)
    assert appended.block_hash == block.hash(world.model_chain) == world.chain.block_hashes[2]
    assert appended.model_hash == world.nodes[1].models[2].model_hash
    assert appended.ranking == (1, 0)


def test_every_valid_model_gains_heat_and_standing_in_rank_order(world: World) -> None:
    records = world.execute(compete(world, [9, 10, 4]))
    kinds = [type(record) for record in records]
    assert kinds == [
        HeatGained, StandingGained, HeatGained, StandingGained, BlockAppended, PhaseStarted,
    ]  # fmt: skip
    gained = [record for record in records if isinstance(record, StandingGained)]
    assert [(g.account, g.until_round) for g in gained] == [
        (world.nodes[1].account, 4),
        (world.nodes[0].account, 4),
    ]
    # The third model was not valid: its standing of block 1 ends with round 3.
    assert world.chain.standing[world.nodes[2].account] == 3


def test_one_newcomer_in_four_attesters_gains_standing_the_best(world: World) -> None:
    world.execute(compete(world, [9, 10, 9, 9, 10]))
    newcomers = world.nodes[3:5]
    assert [node.account in world.chain.standing for node in newcomers] == [False, True]
    # Both are valid, earn heat and are freed of key bonds.
    assert all(node.account in world.chain.valid_accounts for node in newcomers)
    assert all(world.reference.heat.heat_of(node.account) > 0 for node in newcomers)


# ---- what is not valid, and what burns -----------------------------------------------------------


def votes(world: World, changes: dict[int, dict[str, object]]) -> Scores:
    """Three models of true score 9; some reveal something else than they should."""
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 9), node)
    world.unseal()
    for index, node in enumerate(world.nodes[:3]):
        action = world.reveal(node)
        transaction = replace(action.transaction, **changes.get(index, {}))  # type: ignore[arg-type]
        world.execute(replace(action, transaction=transaction), node)
    scores = world.scores(BASELINE)
    world.attest(scores)
    return scores


@pytest.mark.parametrize(
    "change",
    [
        {"score": 10},
        {"score": 8},
        {"data_root": keccak256(b"other")},
        {"previous_block": keccak256(b"other")},
    ],
    ids=["claims more", "claims less", "another data set", "another block"],
)
def test_a_model_that_claims_or_votes_otherwise_is_not_valid(
    world: World, change: dict[str, object]
) -> None:
    action = world.finalization(votes(world, {1: change}))
    assert action.ranking == (0, 2)
    with refused("NotValid", 1, 9, 9):
        world.execute(replace(action, ranking=(0, 1)))
    world.execute(action)
    assert not world.chain.commitment_of(2, world.nodes[1].account).valid
    assert not world.chain.commitment_of(2, world.nodes[1].account).burned


@pytest.mark.parametrize("copy_is_revealed", [0, 2], ids=["before it", "after it"])
def test_a_copied_model_counts_for_its_earliest_commitment_alone(
    world: World, copy_is_revealed: int
) -> None:
    first, second, copier = world.nodes[:3]
    world.execute(world.commit(second, 9), second)
    world.execute(world.commit(first, 9), first)
    world.execute(world.commit(copier, 9, copy_of=second), copier)
    world.unseal()
    # By the order of their commitments `second` ranks before `first`.
    order = [second, first]
    order.insert(copy_is_revealed, copier)
    for node in order:
        world.execute(world.reveal(node), node)
    scores = world.scores(BASELINE)
    world.attest(scores)
    action = world.finalization(scores)
    original, other = order.index(second), order.index(first)
    assert action.ranking == (original, other)
    with refused("NotValid", copy_is_revealed, 9, 9):
        world.execute(replace(action, ranking=(copy_is_revealed, other)))
    world.execute(action)
    assert not world.chain.commitment_of(2, copier.account).valid


def test_a_round_without_a_valid_model_is_void_and_bonds_of_bad_models_burn(world: World) -> None:
    records = world.execute(compete(world, [8, 3, 0]))
    assert [type(record) for record in records] == [
        BondBurned, BondBurned, RoundVoided, PhaseStarted,
    ]  # fmt: skip
    assert world.chain.closed_round(2).void_reason == VoidReason.NO_VALID_MODEL
    burned = [world.chain.commitment_of(2, node.account).burned for node in world.nodes[:3]]
    assert burned == [False, True, True]


def test_a_missing_model_scores_nothing_and_burns_its_bond(world: World) -> None:
    for node in world.nodes[:3]:
        world.execute(world.commit(node, 10), node)
    world.unseal()
    for node in world.nodes[:3]:
        world.execute(world.reveal(node), node)
    world.end_phase()
    for node in world.nodes[:2]:
        world.execute(actions.ReportMissingModels((2,)), node)
    scores = world.scores(BASELINE)
    assert scores.scores == (10, 10, 0)
    world.attest(scores)
    world.execute(world.finalization(scores))
    assert world.chain.commitment_of(2, world.nodes[2].account).burned
