"""Models, their reveals and what is brought, in the reference, rule by rule."""

from dataclasses import replace

from offchain.protocol.words import actions
from offchain.protocol.words.parameters import MAXIMUM_MODEL_BYTES
from offchain.protocol.words.records import StakeBurned
from offchain.protocol.words.status import ZERO_HASH, Phase
from scripts.support.worlds.steps import SMALL, refused
from scripts.support.worlds.world import World


def burned(world: World) -> list[str]:
    """Accounts that lost a part of their stake."""
    records = world.reference.environment.records
    return [record.account for record in records if isinstance(record, StakeBurned)]


def test_members_commit_one_model_each_and_a_later_one_replaces_it(competing: World) -> None:
    models, node = competing.reference.model_transactions, competing.nodes[0]
    with refused("WrongPhase", Phase.OPEN, Phase.COMMIT):
        competing.execute(competing.commit(node, 5), node)
    competing.end_phase()
    stranger = competing.nodes[5]
    with refused("NotMember", 1, stranger.account):
        competing.execute(competing.commit(stranger, 5), stranger)
    with refused("EmptyCommitment"):
        competing.execute(actions.CommitModel(ZERO_HASH, ZERO_HASH), node)
    for skill in (5, 6):
        competing.execute(competing.commit(node, skill), node)
    second = competing.nodes[1]
    competing.execute(competing.commit(second, 7), second)
    assert models.counts(1) == (2, 0)
    assert [models.commitment_of(1, n.account).order for n in (node, second)] == [2, 3]


def test_a_reveal_opens_its_account_s_own_commitment_once(revealing: World) -> None:
    node, other = revealing.nodes[:2]
    reveal = revealing.reveal(node)
    with refused("NotYourModel", node.account, other.account):
        revealing.execute(reveal, other)
    changed = replace(reveal.transaction, training_root=ZERO_HASH)
    committed = revealing.reference.model_transactions.commitment_of(1, node.account).hash
    opened = changed.commitment(revealing.domain, 1, reveal.salt)
    with refused("CommitmentMismatch", committed, opened):
        revealing.execute(replace(reveal, transaction=changed), node)
    revealing.execute(reveal, node)
    with refused("AlreadyRevealed", 1, node.account):
        revealing.execute(reveal, node)
    stranger = revealing.nodes[5]
    own = replace(reveal, transaction=replace(reveal.transaction, account=stranger.account))
    with refused("NotCommitted", 1, stranger.account):
        revealing.execute(own, stranger)


def test_votes_are_free_until_the_reveal(revealing: World) -> None:
    node, models = revealing.nodes[0], revealing.reference.model_transactions
    reveal = revealing.reveal(node)
    other = replace(reveal.transaction, data_root=b"d" * 32, previous_block=b"p" * 32)
    revealing.execute(replace(reveal, transaction=other), node)
    revealing.execute(revealing.reveal(revealing.nodes[1]), revealing.nodes[1])
    assert models.votes_of(1, 0) == (b"d" * 32, b"p" * 32)
    named = [models.reveal_at(1, index) for index in range(2)]
    assert [(r.names_data, r.names_head) for r in named] == [(False, False), (True, True)]


def test_who_committed_and_did_not_reveal_loses_a_part_of_the_stake(revealing: World) -> None:
    revealing.execute(revealing.reveal(revealing.nodes[1]), revealing.nodes[1])
    assert burned(revealing) == []
    revealing.end_phase()
    assert burned(revealing) == [revealing.nodes[0].account, revealing.nodes[2].account]
    stake = revealing.reference.membership.stake_of(revealing.nodes[0].account)
    assert stake.amount == SMALL.stake - SMALL.model_burn


def test_what_is_reported_missing_may_be_brought(revealing: World) -> None:
    revealing.reveal_all()
    for node in revealing.nodes[:3]:
        revealing.execute(actions.ReportModels(0b011), node)
    revealing.end_phase()
    assert revealing.phase == Phase.BRING
    bringing = revealing.bringing(0)
    with refused("NoSuchReveal", 3, 3):
        revealing.execute(replace(bringing, index=3))
    with refused("NotMissing", 2):
        revealing.execute(revealing.bringing(2))
    with refused("ModelTooLarge", MAXIMUM_MODEL_BYTES + 1, MAXIMUM_MODEL_BYTES):
        revealing.execute(replace(bringing, file=bytes(MAXIMUM_MODEL_BYTES + 1)))
    models = [node.models[1].model_hash for node in revealing.nodes[:2]]
    with refused("NotTheModel", models[1], models[0]):
        revealing.execute(replace(bringing, file=revealing.bringing(1).file))
    revealing.execute(bringing)
    with refused("NotMissing", 0):
        revealing.execute(bringing)
    revealing.end_phase()
    assert revealing.rounds.closed_round(1).missing == 0b010
    rows = revealing.rows()
    assert [row.hash == ZERO_HASH for row in rows] == [True, False, True, False]
