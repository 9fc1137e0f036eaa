"""What holds whatever anybody sends: checked on what random play leaves behind."""

import pickle
from collections.abc import Iterable
from itertools import pairwise

import pytest

from offchain.protocol.reference.environment import Revert
from offchain.protocol.rules.reports import positions
from offchain.protocol.words import actions, dispute_records, reward_records
from offchain.protocol.words import records as events
from offchain.protocol.words.status import ZERO_HASH, Electorate, Phase, VoidReason
from scripts.support.worlds.world import World
from tests.support.worlds.played import SEEDS, STEPS, made, played, random_play


@pytest.fixture(params=range(SEEDS), scope="module")
def world(request: pytest.FixtureRequest) -> World:
    """What a play has left."""
    return played(request.param).world


def is_below(bitmap: int, other: int) -> bool:
    """Whether a bitmap has no bit that another has not."""
    return bitmap & ~other == 0


def test_random_play_goes_everywhere() -> None:
    plays = [played(seed) for seed in range(SEEDS)]
    met = {
        type(record).__name__
        for play in plays
        for record in play.world.reference.environment.records
    }
    modules = (events, reward_records, dispute_records)
    named = (value for module in modules for value in vars(module).values())
    kinds: Iterable[type] = (kind for kind in named if isinstance(kind, type))
    known = {kind.__name__ for kind in kinds if issubclass(kind, events.Record)}
    # The relay's events are not the reference's, and no draw is lost with so few headers.
    assert known - met == {"Record", "HeadersAccepted", "Reorganised", "DrawRenewed"}
    refused = {name for play in plays for name in play.refusals}
    assert len(refused) > 40
    blocks = [block for play in plays for block in play.world.rounds.blocks[1:]]
    assert {block.quiet for block in blocks} == {True, False}
    voided = [closed for play in plays for closed in play.world.rounds.closed.values()]
    assert {closed.void_reason for closed in voided} == set(VoidReason)
    assert any(block.idle for block in blocks)
    closed = [record for play in plays for record in made(play.world, events.RoundClosed)]
    assert {record.electorate for record in closed} == set(Electorate)
    phases = {record.phase for play in plays for record in made(play.world, events.PhaseStarted)}
    assert phases == set(Phase) - {Phase.NONE}


def test_a_refused_transaction_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    play, refused = random_play(7), 0
    reference = play.world.reference
    execute = reference.execute

    def state() -> bytes:
        contracts = {name: value for name, value in vars(reference).items() if name != "execute"}
        return pickle.dumps(contracts)

    def watched(action: actions.Action, sender: str, now: int) -> list[events.Record]:
        nonlocal refused
        environment = reference.environment
        clock = environment.now, environment.block_number
        before = state()
        try:
            return execute(action, sender, now)
        except Revert:
            later = environment.now, environment.block_number
            environment.now, environment.block_number = clock
            assert state() == before
            environment.now, environment.block_number = later
            refused += 1
            raise

    monkeypatch.setattr(reference, "execute", watched)
    play.play(STEPS // 2)
    assert refused > 40


def test_the_same_transactions_give_the_same_chain() -> None:
    again = random_play(1)
    again.play(STEPS)
    assert again.world.reference.environment.records == (
        played(1).world.reference.environment.records
    )


def test_as_many_accounts_may_attest_as_were_counted_less_those_that_lost_standing() -> None:
    play = random_play(3)
    world, competing = play.world, 0
    for _ in range(STEPS):
        play.step()
        if world.phase.competes:
            competing += 1
            closed = made(world, events.RoundClosed)[-1]
            # A genesis account that was called attests with standing or without.
            called = world.reference.attestations.standing.genesis_attesters
            lost = [
                record
                for record in made(world, reward_records.StandingLost)
                if record.position > closed.position and record.account not in called
            ]
            assert len(world.attesters()) == world.rounds.competition.attesters - len(lost)
    assert competing > 100


# ---- members -------------------------------------------------------------------------------------


def test_epochs_follow_one_another_without_a_gap_and_last_long_enough(world: World) -> None:
    membership = world.reference.membership
    epochs = [membership.epoch_at(number + 1) for number in range(membership.current_epoch)]
    assert epochs[0].first_round == 1
    for before, after in pairwise(epochs):
        assert after.first_round == before.last_round + 1
    for epoch in epochs:
        assert epoch.last_round - epoch.first_round + 1 >= world.parameters.epoch_rounds


def test_a_ring_is_of_as_many_keys_as_were_drawn_each_once_and_never_changes(
    world: World,
) -> None:
    membership, p = world.reference.membership, world.parameters
    written = made(world, events.MembersWritten)
    assert [record.epoch for record in written] == list(range(1, len(written) + 1))
    for record in written:
        epoch, ring = membership.epoch_at(record.epoch), membership.ring(record.epoch)
        assert membership.members[record.epoch] == record.accounts
        assert list(ring) == sorted(set(ring))
        assert len(ring) == epoch.warm_places + epoch.cold_places
        assert p.minimum_ring <= len(ring) <= p.maximum_members


def test_a_share_key_and_an_account_apply_once_an_epoch(world: World) -> None:
    applied = made(world, events.Applied)
    for values in (
        [(record.epoch, record.key) for record in applied],
        [(record.epoch, record.account) for record in applied],
        [(record.epoch, record.warm, record.number) for record in applied],
    ):
        assert len(set(values)) == len(values)


def test_what_is_staked_is_what_came_in_less_what_burned_and_went_back(world: World) -> None:
    for node in world.nodes:
        came = sum(r.amount for r in made(world, events.StakeAdded) if r.account == node.account)
        gone = sum(
            r.amount
            for kind in (events.StakeBurned, events.StakeReturned, events.StakeConfiscated)
            for r in made(world, kind)
            if r.account == node.account
        )
        staked = world.reference.membership.stake_of(node.account).amount
        assert 0 <= staked == came - gone <= world.parameters.stake


def test_no_stake_goes_back_while_its_account_is_a_member_or_may_become_one(
    world: World,
) -> None:
    membership, later = world.reference.membership, world.parameters.standing_rounds
    records = world.reference.environment.records
    for returned in made(world, events.StakeReturned):
        before = [record for record in records if record.position < returned.position]
        collecting = max(r.round for r in before if isinstance(r, events.RoundOpened))
        listed = {r.epoch: r for r in before if isinstance(r, events.MembersWritten)}
        for applied in before:
            if isinstance(applied, events.Applied) and applied.account == returned.account:
                assert applied.epoch in listed
                if returned.account in listed[applied.epoch].accounts:
                    last_round = membership.epoch_at(applied.epoch).last_round
                    assert collecting > last_round + later


# ---- data ----------------------------------------------------------------------------------------


def test_no_member_shares_twice_in_a_round(world: World) -> None:
    for number, data in world.reference.data_registry.data.items():
        members = world.reference.membership.member_count(
            world.reference.membership.epoch_of(number)
        )
        assert len(set(data.nullifiers)) == len(data.ids) <= members


def test_a_partition_takes_all_that_arrived_before_its_decision_and_decisions_rise(
    world: World,
) -> None:
    partitions = made(world, events.Partitioned)
    for before, after in pairwise(partitions):
        assert after.decision_time > before.decision_time
        assert after.height > before.height
    for record in partitions:
        data = world.reference.data_registry.data[record.round]
        taken = data.arrivals[record.first : record.end]
        assert taken
        assert max(taken) < record.decision_time <= record.timestamp
        assert all(
            arrival >= record.decision_time or moment > record.position
            for arrival, moment in zip(
                data.arrivals[record.end :],
                [
                    r.position
                    for r in made(world, events.DataShared)
                    if r.round == record.round and r.index >= record.end
                ],
                strict=True,
            )
        )


def test_d_holds_only_what_was_partitioned_and_published_in_time(world: World) -> None:
    for number, closed in world.rounds.closed.items():
        published = world.reference.data_registry.published(number)
        training = world.published_keys(number, is_test=False)
        test = world.published_keys(number, is_test=True)
        assert positions(published) == tuple(sorted(test))
        assert test <= training <= set(range(closed.data))
        assert is_below(closed.data_set, published)
        if closed.data_root != ZERO_HASH:
            assert closed.data_set.bit_count() >= 2 * closed.trim + 1
            assert closed.trim == closed.published // 3
            assert closed.published >= world.parameters.minimum_data


# ---- rounds --------------------------------------------------------------------------------------


def test_one_round_collects_and_at_most_the_one_before_it_competes(world: World) -> None:
    assert world.collecting == world.competing + 1
    for number, closed in world.rounds.closed.items():
        ends = (closed.block_number > 0) + (closed.void_reason != VoidReason.NONE)
        assert ends == (number < world.competing or not world.phase.competes)


def test_phases_go_forward_and_never_end_before_both_clocks_allow_it(world: World) -> None:
    started = made(world, events.PhaseStarted)
    minimum = world.parameters.minimum_phase_seconds
    finalized = {(r.round, r.timestamp) for r in made(world, events.BlockAppended)}
    for before, after in pairwise(started):
        if before.round == after.round:
            assert before.phase < after.phase
            is_block = (after.round, after.timestamp) in finalized
            assert is_block or after.timestamp >= before.timestamp + minimum
        else:
            assert after.round == before.round + 1
            assert before.phase in (Phase.FINAL, Phase.VOID)


# ---- blocks --------------------------------------------------------------------------------------


def test_blocks_link_and_each_follows_the_best_supported_statement_that_did_not_fall(
    world: World,
) -> None:
    attestations = world.reference.attestations
    for before, block in pairwise(world.rounds.blocks):
        assert block.previous_hash == before.hash(world.domain)
        assert block.number == before.number + 1
        assert block.round > before.round
        assert block.data_root == world.rounds.closed_round(block.round).data_root
        support = {
            stated: attestations.support(block.round, stated)
            for stated in attestations.statements_of(block.round)
            if not attestations.has_fallen(block.round, stated)
        }
        assert block.attestations == max(support.values())
        assert block.statement == max(support, key=lambda stated: support[stated])


def test_an_account_attests_once_and_only_with_a_full_stake(world: World) -> None:
    opened = [(r.round, r.account) for r in made(world, events.AttestationOpened)]
    assert len(set(opened)) == len(opened)
    missing: dict[str, int] = {}
    for record in world.reference.environment.records:
        match record:
            case events.StakeBurned(account=account, left=left):
                missing[account] = world.parameters.stake - left
            case events.StakeAdded(account=account, total=total):
                missing[account] = world.parameters.stake - total
            case events.StakeConfiscated(account=account):
                missing[account] = world.parameters.stake
            case events.AttestationCommitted(account=account):
                assert missing[account] == 0
            case events.ModelCommitted(account=account):
                assert missing[account] == 0


def test_only_valid_models_are_voices_and_only_voices_that_agree_are_paid(world: World) -> None:
    decided = {record.round: record for record in made(world, events.RoundDecided)}
    for before, block in pairwise(world.rounds.blocks):
        ranking = decided[block.round].ranking
        voices = sum(1 << index for index in ranking)
        assert is_below(voices, decided[block.round].valid)
        assert is_below(block.paid_voices, voices)
        assert block.voices == len(ranking)
        if block.quiet:
            assert (block.paid_voices, block.model_hash) == (0, before.model_hash)
        else:
            agreeing = [index for index in ranking if block.paid_voices >> index & 1]
            assert agreeing[0] == block.best_reveal
            assert 2 * len(agreeing) > len(ranking)


def test_only_paid_voices_gain_standing_and_few_of_them_anew(world: World) -> None:
    models, ends = world.reference.model_transactions, {}
    frozen = {record.round: record.attesters for record in made(world, events.RoundClosed)}
    paid = {
        (block.round, models.reveal_at(block.round, index).account)
        for block in world.rounds.blocks[1:]
        for index in positions(block.paid_voices)
    }
    tick = gained = 0
    for record in world.reference.environment.records:
        match record:
            case events.KeysCounted(published=published):
                tick += published >= world.parameters.minimum_data
                gained = 0
            case reward_records.StandingLost(account=account):
                assert ends.pop(account) > tick - 1
            case reward_records.StandingGained(round=number, account=account, end_tick=end):
                assert (number, account) in paid
                assert end == tick + 1 + world.parameters.standing_rounds
                # The tick at which the round closed was one lower.
                gained += ends.get(account, 0) <= tick
                assert gained <= max(1, frozen[number] // 4)
                ends[account] = end


# ---- rewards -------------------------------------------------------------------------------------


def test_a_block_mints_at_most_its_reward_and_all_together_at_most_the_cap(world: World) -> None:
    pots = (
        reward_records.BestRewarded,
        reward_records.VoiceRewarded,
        reward_records.AttesterRewarded,
        reward_records.DataRewarded,
    )
    paid = [record for kind in pots for record in made(world, kind)]
    for block in world.rounds.blocks[1:]:
        minted = sum(record.amount for record in paid if record.round == block.round)
        assert minted <= world.reference.rewards.reward_of(block.number)
    supply = world.reference.token.total_supply
    assert supply == sum(record.amount for record in paid) <= world.parameters.token_cap


def test_heat_rises_by_what_is_left_of_a_claim_alone(world: World) -> None:
    p = world.parameters
    amounts = {p.heat_best, p.heat_model, p.heat_attestation}
    before: dict[str, int] = {}
    for record in made(world, reward_records.HeatGained):
        assert record.amount in amounts
        assert record.heat <= before.get(record.account, 0) + record.amount
        before[record.account] = record.heat
    for node in world.nodes:
        assert world.reference.heat.heat_of(node.account) <= before.get(node.account, 0)
