"""Rounds by workers as the program assembles them, into the next epoch, with two of them killed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import pairwise
from pathlib import Path

import pytest

from offchain.learning.tasks.digits import DigitsTask
from offchain.learning.tasks.learner import TaskLearner
from offchain.learning.training.settings import TrainingSettings
from offchain.node.journal import Journal
from offchain.protocol.rules.rewards import block_reward, part
from offchain.protocol.words.reward_records import DataRewarded
from offchain.protocol.words.status import Phase
from offchain.verification.run import verify_chain, verify_chain_lightly
from tests.support.chains.node_chain import NODES, SAMPLES, EasyDigits
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, worker_of, working

ROUNDS = 3
EPOCH_ROUNDS = 2
BRIEF = TrainingSettings(channels=(4, 8, 8, 8), maximum_steps=60)
LOST_DISK = 1
KILLED = 2


def part_of(node: int) -> Part:
    return Part(TaskLearner(DigitsTask(SAMPLES, BRIEF)), EasyDigits(node))


def start_again(worked: WorkedChain, node: int, journal: Path) -> None:
    """Another process of a node takes over, with a journal."""
    worked.workers[node] = worker_of(
        worked.chain,
        worked.store,
        node,
        part_of(node),
        Journal(journal),
        lambda: worked.now[0],
    )


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkedChain]:
    """Three rounds; in the first, one node is killed in Unseal and loses its journal, another in
    Attest, and keeps it."""
    folder = tmp_path_factory.mktemp("rounds")
    with (
        node_chain(folder, NODES, EasyDigits, epoch_rounds=EPOCH_ROUNDS) as (chain, store),
        working(chain, store, {node: part_of(node) for node in range(NODES)}) as worked,
    ):
        kills = (
            (Phase.UNSEAL, LOST_DISK, "new"),
            (Phase.ATTEST, KILLED, str(KILLED)),
        )
        for phase, node, journal in kills:
            worked.work(partial(is_in, worked, phase))
            start_again(worked, node, folder / f"{journal}.sqlite")
        for number in range(1, ROUNDS + 1):
            worked.work_through(number)
        claimed = chain.view.history.data_claimed
        worked.work(lambda: sum(key[0] == 1 for key in claimed) == NODES)
        yield worked


def is_in(worked: WorkedChain, phase: Phase) -> bool:
    """Whether round 1 is in a phase."""
    return 1 in worked.chain.view.history.rounds and worked.round().phase is phase


def test_every_round_ends_in_a_block_that_everybody_attests(worked: WorkedChain):
    history = worked.chain.view.history
    assert [block.round for block in history.blocks[1:]] == list(range(1, ROUNDS + 1))
    for number in range(1, ROUNDS + 1):
        entry = worked.round(number)
        assert entry.data_set == tuple(range(NODES))
        assert len(entry.reveals) == NODES
        assert list(entry.stated.values()) == [entry.standing(has_judge=False)] * NODES


def test_the_first_block_has_a_best_model_and_a_quiet_one_keeps_it(worked: WorkedChain):
    blocks = worked.chain.view.history.blocks
    assert not blocks[1].quiet
    for before, block in pairwise(blocks[1:]):
        assert (block.model_hash == before.model_hash) is block.quiet


def test_the_members_of_the_next_epoch_are_drawn_and_share_under_other_keys(worked: WorkedChain):
    history = worked.chain.view.history
    first, second = history.epoch(1), history.epoch(2)
    assert worked.round(ROUNDS).epoch == 2
    assert set(second.members) == set(first.members)
    assert not set(second.ring) & set(first.ring)


def test_every_node_shares_once_a_round_and_no_nullifier_is_seen_again(worked: WorkedChain):
    seen = [x for number in range(1, ROUNDS + 1) for x in worked.round(number).nullifiers]
    assert len(set(seen)) == len(seen) == ROUNDS * NODES


def test_whoever_was_killed_reveals_and_attests_what_it_had_committed_to(worked: WorkedChain):
    entry = worked.round()
    for node in (LOST_DISK, KILLED):
        account = worked.chain.chains[node].account
        commitment = entry.commitments[account]
        [reveal] = [reveal for reveal in entry.reveals if reveal.account == account]
        secrets = worked.chain.secrets(node)
        opened = reveal.transaction.commitment(worked.chain.domain, 1, secrets.commitment_salt(1))
        assert opened == commitment.commitment
        assert entry.stated[account] == entry.standing(has_judge=False)


def test_evaluations_are_the_models_points_on_the_whole_test_set(worked: WorkedChain):
    attesting = worked.workers[0]._components.attesting
    entry = worked.round(ROUNDS)
    data = attesting.data_of(entry)
    for reveal in entry.reveals:
        found = attesting.evaluation(data, reveal.transaction.model_hash)
        assert found == reveal.transaction.evaluation


def test_data_rewards_go_to_addresses_that_only_the_seed_ties_to_the_node(worked: WorkedChain):
    chain, follower = worked.chain, worked.chain.view
    paid = {r.reward_address for r in follower.records if isinstance(r, DataRewarded)}
    due = {chain.secrets(node).reward_address(1) for node in range(NODES)}
    assert due <= paid
    assert not paid & {client.account for client in chain.chains}
    parameters = chain.parameters
    reward = block_reward(1, parameters.block_reward, parameters.halving_blocks)
    share = part(reward, parameters.data_basis_points, NODES)
    assert {follower.history.rewards[address] for address in due} == {share}


def test_what_is_on_chain_is_in_the_journal_to_the_byte(worked: WorkedChain):
    chain, history = worked.chain, worked.chain.view.history
    collecting = history.collecting.number
    for worker in worked.workers:
        sharing = worker._components.sharing
        kept = {n: sharing.kept(history, n) for n in (collecting - 1, collecting)}
        arrived = {n: sharing._own_data(history, n) for n in kept}
        both = [n for n in kept if kept[n] and arrived[n]]
        assert both
        for number in both:
            transaction = kept[number].share.transaction
            assert arrived[number].id == transaction.identifier(chain.domain)
            assert arrived[number].shared.payload_hashes == transaction.payload_hashes


def test_the_chain_is_verified_from_itself_and_the_store(worked: WorkedChain):
    contracts = worked.chain.contracts
    report = verify_chain(contracts, lambda: worked.store, lambda: part_of(0).learner)
    light = verify_chain_lightly(contracts)
    assert report.rounds == report.head == light.head == ROUNDS
    assert report.rings == report.data >= ROUNDS * NODES
    assert report.head_hash == light.head_hash
