"""What blocks pay, and heat, in the reference, rule by rule."""

from dataclasses import replace

from offchain.protocol.words import actions
from offchain.protocol.words.records import Record
from offchain.protocol.words.reward_records import (
    AttesterRewarded,
    BestRewarded,
    DataRewarded,
    HeatGained,
    VoiceRewarded,
)
from offchain.protocol.words.status import Phase
from scripts.support.worlds.steps import SMALL, refused
from scripts.support.worlds.world import World

REWARD = SMALL.block_reward


def made(world: World, kind: type[Record]) -> list[Record]:
    """All events of a kind."""
    return [record for record in world.reference.environment.records if isinstance(record, kind)]


def test_every_claim_of_a_block_is_paid_once_to_whom_it_is_due(with_block: World) -> None:
    with_block.make_block([60, 62, 90])
    paid = with_block.rounds.blocks[2].paid_voices.bit_count()
    assert paid > 1
    with_block.claim_all(2)
    [best] = made(with_block, BestRewarded)
    assert (best.account, best.amount) == (with_block.nodes[2].account, REWARD * 40 // 100)
    others = REWARD * 20 // 100 // (paid - 1)
    assert [r.amount for r in made(with_block, VoiceRewarded)] == [others] * (paid - 1)
    assert [r.amount for r in made(with_block, AttesterRewarded)] == [REWARD // 10 // 3] * 3
    data = made(with_block, DataRewarded)
    assert [r.amount for r in data] == [REWARD * 30 // 100 // 3] * 3
    assert [r.reward_address for r in data] == [
        with_block.data_at(2, index).transaction.reward_address for index in range(3)
    ]
    for claim in with_block.claims(2):
        with refused("AlreadyClaimed", 2):
            with_block.execute(claim)
    assert REWARD - 10 < with_block.reference.token.total_supply <= REWARD


def test_a_quiet_block_pays_data_and_attesters_alone(with_block: World) -> None:
    with_block.make_block([0, 1, 2])
    for claim in (actions.ClaimBest(2), actions.ClaimVoice(2, 0)):
        with refused("NothingToClaim", 2):
            with_block.execute(claim)
    with_block.claim_all(2)
    assert len(made(with_block, AttesterRewarded)) == len(made(with_block, DataRewarded)) == 3
    assert with_block.reference.token.total_supply <= REWARD * 40 // 100


def test_what_is_not_due_is_not_paid(with_block: World) -> None:
    best = with_block.rounds.blocks[1].best_reveal
    other = (best + 1) % 3
    for claim in (
        actions.ClaimVoice(1, best),
        actions.ClaimVoice(1, other),
        actions.ClaimVoice(1, 200),
        actions.ClaimAttestation(1, with_block.nodes[5].account),
    ):
        with refused("NothingToClaim", 1):
            with_block.execute(claim)
    for claim in (actions.ClaimBest(2), actions.ClaimAttestation(9, with_block.nodes[0].account)):
        with refused("NothingToClaim", claim.round):
            with_block.execute(claim)
    data = with_block.data_claim(1, 0)
    changed = replace(data.record, reward_address=with_block.nodes[5].account)
    with refused("UnknownData", 1, 0, changed.identifier(with_block.domain)):
        with_block.execute(actions.ClaimData(changed, 0))
    with refused("UnknownData", 1, 1, data.record.identifier(with_block.domain)):
        with_block.execute(replace(data, index=1))


def test_data_outside_of_d_and_of_a_void_round_earn_nothing() -> None:
    world = World(replace(SMALL, minimum_data=2), genesis=4)
    world.start()
    world.collect()
    world.open([0, 1, 2])
    world.end_phase()
    world.unseal()
    world.report()
    world.attest()
    world.execute(actions.Finalize(world.rows()))
    assert world.rounds.closed_round(1).data_set == 0b0111
    with refused("NothingToClaim", 1):
        world.execute(world.data_claim(1, 3))
    world.execute(world.data_claim(1, 2))
    world.collect()
    world.end_phases(Phase.VOID)
    with refused("NothingToClaim", 2):
        world.execute(world.data_claim(2, 0))


def test_rewards_halve() -> None:
    world = World(replace(SMALL, halving_blocks=2))
    reward_of = world.reference.rewards.reward_of
    assert [reward_of(number) for number in range(6)] == [
        0,
        *[REWARD] * 2,
        *[REWARD // 2] * 2,
        REWARD // 4,
    ]


# ---- heat ----------------------------------------------------------------------------------------


def test_best_models_voices_and_attestations_gain_heat_and_sharers_do_not(
    with_block: World,
) -> None:
    with_block.make_block([60, 62, 90])
    # Nothing is earned here but what block 2 pays: one round has faded since.
    with_block.claim_all(2)
    gained = {(r.account, r.amount) for r in made(with_block, HeatGained)}
    accounts = [node.account for node in with_block.nodes[:3]]
    assert {(account, SMALL.heat_attestation) for account in accounts} <= gained
    assert (accounts[2], SMALL.heat_best) in gained
    assert {amount for _, amount in gained} == {100, 60, 20}
    addresses = {r.reward_address for r in made(with_block, DataRewarded)}
    assert not addresses & {account for account, _ in gained}


def test_heat_falls_with_every_round_that_closes_void_ones_too(with_block: World) -> None:
    account = with_block.nodes[1].account
    with_block.execute(actions.ClaimBest(1))
    heat_of = with_block.reference.heat.heat_of
    # Round 1 earned it, round 2 collects.
    assert heat_of(account) == 95
    with_block.collect([])
    assert with_block.phase == Phase.VOID
    assert heat_of(account) == 90


def test_heat_that_is_claimed_late_is_what_would_be_left_of_it(with_block: World) -> None:
    late, account = with_block.fork(), with_block.nodes[1].account
    with_block.execute(actions.ClaimBest(1))
    for world in (with_block, late):
        world.collect([])
        world.collect([])
    late.execute(actions.ClaimBest(1))
    assert late.reference.heat.heat_of(account) == with_block.reference.heat.heat_of(account) == 85


def test_heat_ends_at_nothing_however_long_the_absence(with_block: World) -> None:
    account = with_block.nodes[1].account
    with_block.execute(actions.ClaimBest(1))
    collection = with_block.rounds.collection
    with_block.rounds.collection = replace(collection, round=10_000_000)
    assert with_block.reference.heat.heat_of(account) == 0
