"""Light verification of headers, seeds, stakes, and rounds up to their reveals."""

from __future__ import annotations

from offchain.protocol.rules import draw, judging
from offchain.protocol.words import actions
from offchain.protocol.words import records as events
from offchain.protocol.words.status import Electorate
from offchain.protocol.words.transactions import draw_seed, partition_seed
from offchain.verification.light.state import (
    LightRound,
    LightState,
    competing,
    raise_difference,
    require,
    require_that,
)
from offchain.verification.recording.values import Transaction


def headers_accepted(
    state: LightState, record: events.HeadersAccepted, transaction: Transaction
) -> None:
    """Headers follow Bitcoin's rules, and the relay says what they make of its chain."""
    calls = [
        call.action for call in transaction.calls if isinstance(call.action, actions.SubmitHeaders)
    ]
    if len(calls) != 1:
        raise_difference(record, "its calls", "one SubmitHeaders", len(calls))
    accepted = state.relay.submit(calls[0].headers, transaction.timestamp)
    if accepted is None:
        raise_difference(record, "the record", "none, since all headers were held", "recorded")
    state.headers += accepted.last_height - accepted.first_height + 1
    first, last = accepted.first_height, accepted.last_height
    require(record, first_height=first, last_height=last, last_hash=accepted.last_hash)
    replaced = [part for part in transaction.records if isinstance(part, events.Reorganised)]
    expected = int(accepted.replaced_height is not None)
    if len(replaced) != expected:
        raise_difference(record, "its reorganisations", expected, len(replaced))
    for part in replaced:
        old = accepted.replaced_height
        require(part, fork_height=first - 1, old_height=old, new_height=last)


def reorganised(state: LightState, record: events.Reorganised, transaction: Transaction) -> None:
    """A reorganisation comes with the headers that make it; `headers_accepted` compares both."""
    del state
    if not any(isinstance(part, events.HeadersAccepted) for part in transaction.records):
        raise_difference(record, "its HeadersAccepted", "in the same transaction", "missing")


# ---- members and stakes --------------------------------------------------------------------------


def epoch_frozen(state: LightState, record: events.EpochFrozen, _: Transaction) -> None:
    """There are as many places as the applicants make."""
    p = state.parameters
    places = draw.places(record.warm, record.cold, p.maximum_members, p.minimum_ring)
    require(record, warm_places=places.warm, cold_places=places.cold)
    state.places[record.epoch] = places.total


def draw_seeded(state: LightState, record: events.DrawSeeded, _: Transaction) -> None:
    """The draw's seed is the named Bitcoin block's."""
    bitcoin_hash = state.relay.block_hash(record.height)
    require(record, seed=draw_seed(state.domain, record.epoch, bitcoin_hash))


def members_written(state: LightState, record: events.MembersWritten, _: Transaction) -> None:
    """An epoch has as many members as places; in the first, genesis accounts."""
    members = record.accounts
    if record.epoch == 1:
        strangers = set(members) - set(state.genesis_accounts)
        require_that(record, not strangers, "accounts", "genesis accounts", tuple(strangers))
    else:
        places = state.places.get(record.epoch, 0)
        require_that(record, len(members) == places, "its accounts", places, len(members))
    state.members[record.epoch] = members


def stake_added(state: LightState, record: events.StakeAdded, _: Transaction) -> None:
    """Stakes add up."""
    total = state.stakes.get(record.account, 0) + record.amount
    require(record, total=total)
    state.stakes[record.account] = total


def stake_burned(state: LightState, record: events.StakeBurned, _: Transaction) -> None:
    """What burns is modelBurn, or what is left; standing goes with it."""
    held = state.stakes.get(record.account, 0)
    burned = judging.burned_wei(state.parameters.model_burn, held)
    require(record, amount=burned, left=held - burned)
    state.stakes[record.account] = held - burned
    if burned:
        state.standing.drop(record.account)


def stake_confiscated(state: LightState, record: events.StakeConfiscated, _: Transaction) -> None:
    """All of a stake is taken, and standing with it; `StatementFell` follows."""
    require(record, amount=state.stakes.get(record.account, 0))
    state.confiscated[record.account] = record.amount
    state.stakes[record.account] = 0
    state.standing.drop(record.account)


def stake_returned(state: LightState, record: events.StakeReturned, _: Transaction) -> None:
    """All of a stake goes back, and standing with it."""
    require(record, amount=state.stakes.get(record.account, 0))
    state.stakes[record.account] = 0
    state.standing.drop(record.account)


# ---- rounds --------------------------------------------------------------------------------------


def started(state: LightState, record: events.Started, _: Transaction) -> None:
    """The chain starts with the first epoch's members."""
    members = len(state.members.get(1, ()))
    require(record, members=members, genesis_hash=state.hashes[0])


def round_opened(state: LightState, record: events.RoundOpened, _: Transaction) -> None:
    """Rounds open one after the other, in an epoch whose members are known."""
    before = state.rounds.get(state.collecting)
    require(
        record,
        round=state.collecting + 1,
        members=len(state.members.get(record.epoch, ())),
        open_height=state.relay.tip,
    )
    epoch = before.epoch if before else 0
    within = (epoch, epoch + 1) if before else (1,)
    require_that(record, record.epoch in within, "epoch", within, record.epoch)
    if before is not None and before.closed is None:
        raise_difference(record, "the round before", "closed", "open")
    decision_time = before.decision_time if before else 0
    state.rounds[record.round] = LightRound(record.epoch, decision_time=decision_time)


def partitioned(state: LightState, record: events.Partitioned, _: Transaction) -> None:
    """The seed is the named Bitcoin block's, whose decision time it is."""
    entry = state.rounds.get(state.collecting)
    if entry is None or entry.closed is not None:
        raise_difference(record, "the round", "one that collects", record.round)
    require(
        record,
        round=state.collecting,
        first=entry.partitioned,
        seed=partition_seed(state.domain, state.relay.block_hash(record.height)),
        decision_time=state.relay.decision_time(record.height),
    )
    above = f"above {state.height}"
    require_that(record, record.height > state.height, "height", above, record.height)
    above = f"above {record.first}"
    require_that(record, record.end > record.first, "end", above, record.end)
    entry.partitioned, entry.decision_time = record.end, record.decision_time
    state.height = record.height


def round_closed(state: LightState, record: events.RoundClosed, _: Transaction) -> None:
    """The round has what partitions took, and the attesters that standing and stakes give."""
    require(record, round=state.collecting)
    before = state.rounds.get(state.competing)
    if before is not None and not before.is_over:
        raise_difference(record, "the round in competition", "over", "not over")
    entry = state.rounds.get(record.round)
    if entry is None:
        raise_difference(record, "its RoundOpened", "before it", "missing")
    genesis = [account for account in state.genesis_accounts if state.has_full_stake(account)]
    frozen = state.standing.freeze(genesis, len(state.members.get(entry.epoch, ())))
    require(
        record,
        data=entry.partitioned,
        attesters=frozen.attesters,
        electorate=frozen.electorate,
    )
    entry.closed = record
    state.competing = record.round


def keys_counted(state: LightState, record: events.KeysCounted, _: Transaction) -> None:
    """The number k follows from n1; the round counts for standing if there is enough data."""
    entry = competing(state, record, record.round)
    require(record, trim=judging.trimmed(record.published))
    data = entry.partitioned
    require_that(record, record.published <= data, "published", f"at most {data}", record.published)
    entry.counted = record
    if judging.has_enough_data(record.published, state.parameters.minimum_data):
        state.standing.tick += 1
        if entry.closed is not None and entry.closed.electorate is Electorate.GENESIS:
            state.standing.genesis_tick += 1


def data_set_fixed(state: LightState, record: events.DataSetFixed, _: Transaction) -> None:
    """D is large enough to be judged, and no larger than what was published."""
    entry = competing(state, record, record.round)
    if entry.counted is None:
        raise_difference(record, "its KeysCounted", "before it", "missing")
    size, published = record.data_set.bit_count(), entry.counted.published
    fits = record.data_set >> entry.partitioned == 0 and size <= published
    require_that(record, fits, "data_set", f"of at most {published} published", record.data_set)
    trim = entry.counted.trim
    enough = judging.can_be_judged(size, trim)
    require_that(record, enough, "its data", f"more than 2 x {trim}", size)
    entry.fixed = record


def committed(state: LightState, record: events.ModelCommitted, _: Transaction) -> None:
    """Members with a full stake commit, in order."""
    entry = competing(state, record, record.round)
    entry.orders += 1
    require(record, order=entry.orders)
    may = record.account in state.members.get(entry.epoch, ()) and state.has_full_stake(
        record.account
    )
    require_that(record, may, "account", "a member with a full stake", record.account)
    entry.committed[record.account] = record.order


def revealed(state: LightState, record: events.ModelRevealed, _: Transaction) -> None:
    """Who committed reveals, once."""
    entry = competing(state, record, record.round)
    before = any(known.account == record.account for known in entry.reveals)
    require_that(record, not before, "the reveal", "the account's first", "another one")
    require(record, index=len(entry.reveals), order=entry.committed.get(record.account))
    require_that(
        record,
        record.transaction.account == record.account,
        "transaction.account",
        record.account,
        record.transaction.account,
    )
    entry.reveals.append(record)
    state.standing.enrol(record.account)


def missing_fixed(state: LightState, record: events.MissingFixed, _: Transaction) -> None:
    """What is missing was revealed."""
    entry = competing(state, record, record.round)
    count = len(entry.reveals)
    require_that(record, record.missing >> count == 0, "missing", f"of {count}", record.missing)
    entry.missing = record.missing
