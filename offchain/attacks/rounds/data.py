"""Attacks with data transactions: what is opened, when, and what is said of others' data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from offchain.attacks.attack import Attack, Figure, Outcome, Tell
from offchain.attacks.worlds.players import Player
from offchain.attacks.worlds.rounds import World
from offchain.protocol.rules import judging
from offchain.protocol.rules.reports import positions
from offchain.protocol.words import actions
from offchain.protocol.words.status import Phase

PLAYERS = 9
HOSTILE = 3
"""A third: as many as judging is to withstand."""

FIRST_KEYS = "the first protocol: every item is opened by itself, and one that is not is out alone"
PARTS = {"parts": 20, "test_parts": 3, "samples_per_part": 10}


def _index_of(world: World, player: Player) -> int:
    data = range(world.chain.rounds.closed_round(world.competing).data)
    return next(index for index in data if world.data(index).player is player)


def _data_set(world: World) -> int:
    return world.chain.rounds.closed_round(world.competing).data_set


def _in_by_item(published: Mapping[int, Phase], test: Sequence[int]) -> list[int]:
    """The first protocol's rule: every item whose key came in the phase for it is in."""
    return [
        part
        for part, phase in published.items()
        if phase is (Phase.UNSEAL if part in test else Phase.OPEN)
    ]


# ---- which keys are published, and when ----------------------------------------------------------


def selective_opening(tell: Tell) -> Outcome:
    """A sharer opens of its parts only those whose test or training suits it."""
    world = World.started(PLAYERS, **PARTS)
    liar = world.players[0]
    world.collect(world.players)
    index = _index_of(world, liar)
    test = positions(world.chain.data_registry.test_parts(world.competing, index))
    liked = test[:1]
    tell("some of the training keys, then some of the test keys")
    whole = world.training_keys(index)
    training = [part for part in range(world.parameters.parts) if part not in test]
    commitments = world.data(index).transaction.key_commitments
    words = list(world.data(index).keys)
    for part in (*test, training[0]):
        words[part] = commitments[part]
    refusals = [world.attempt(replace(whole, words=tuple(words)))]
    world.publish()
    world.end_phase()
    world.end_phase()
    keys = world.test_keys(index)
    own = world.data(index).keys
    refusals.append(world.attempt(replace(keys, keys=tuple(own[part] for part in liked))))
    zeroed = tuple(own[part] if part in liked else bytes(32) for part in test)
    refusals.append(world.attempt(replace(keys, keys=zeroed)))
    world.publish(without=[liar])
    world.advance_to(Phase.REVEAL)
    is_in = bool(_data_set(world) >> index & 1)
    by_item = _in_by_item(dict.fromkeys(liked, Phase.UNSEAL), test)
    return Outcome(
        all(refusals) and not is_in,
        by_item == list(liked),
        f"a part of the keys is refused ({', '.join(refusals)}); its sharer's transaction is "
        f"{'in' if is_in else 'out'} with all its {world.parameters.parts} parts",
        "a sharer may leave with all that it shared, and with its weight",
        {"test_parts_chosen": 0 if not is_in else len(liked), "by_item": len(by_item)},
    )


def training_key_late(tell: Tell) -> Outcome:
    """Training keys once nobody can train on them any more, test keys in time."""
    world = World.started(PLAYERS, **PARTS)
    liar = world.players[0]
    world.collect(world.players)
    index = _index_of(world, liar)
    late = world.training_keys(index)
    world.publish(without=[liar])
    refusals = []
    while world.phase is not Phase.REPORT:
        world.end_phase()
        tell(f"training keys in {world.phase.name}")
        refusals.append(world.attempt(late))
        if world.phase is Phase.UNSEAL:
            refusals.append(world.attempt(world.test_keys(index)))
            world.publish(without=[liar])
    world.end_phase()
    is_in = bool(_data_set(world) >> index & 1)
    test = positions(world.chain.data_registry.test_parts(world.competing, index))
    by_item = _in_by_item(dict.fromkeys(range(world.parameters.parts), Phase.UNSEAL), test)
    return Outcome(
        all(refusals) and not is_in,
        by_item == list(test),
        f"refused in every later phase ({', '.join(sorted(set(refusals)))}), its test parts are "
        f"{'in' if is_in else 'out'} too",
        figures={"refused": len(refusals), "test_items_by_item": len(by_item)},
    )


def drop_out(tell: Tell) -> Outcome:
    """A third leaves after the seed, or after the commitments, as many as suit it."""
    shared = World.with_block(PLAYERS, **PARTS)
    liars = shared.players[:HOSTILE]
    shared.collect(shared.players)
    held = True
    worst = 0.0
    figures: dict[str, Figure] = {}
    for leaving in range(HOSTILE + 1):
        for when in (Phase.OPEN, Phase.UNSEAL):
            tell(f"{leaving} of {HOSTILE} leave in {when.name}")
            world = shared.fork()
            gone = [each for each in world.players if each.account in _accounts(liars[:leaving])]
            world.publish(gone if when is Phase.OPEN else [])
            world.advance_to(Phase.UNSEAL)
            world.publish(gone)
            world.advance_to(Phase.REPORT)
            world.end_phase()
            closed = world.chain.rounds.closed_round(world.competing)
            stayed = HOSTILE - leaving
            held &= world.phase.competes and stayed <= closed.trim
            worst = max(worst, stayed / max(1, closed.data_set.bit_count()))
            figures[f"{leaving}_leave_in_{when.name.lower()}"] = closed.trim
    # Of each hostile transaction every part that tests by chance is for or against its sharer.
    favourable = [
        part % 2 == 0
        for liar in liars
        for part in positions(
            shared.chain.data_registry.test_parts(shared.competing, _index_of(shared, liar))
        )
    ]
    by_item = [good for good in favourable if good]
    return Outcome(
        held,
        sum(by_item) / len(by_item) > sum(favourable) / len(favourable),
        f"however many of {HOSTILE} leave and when, no more stay than k leaves out at either end; "
        f"their part of D is at most {worst:.0%}; by item they keep {len(by_item)} of "
        f"{len(favourable)} test items, all to their liking"
        if held
        else "some of who leaves keep more weight than is left out",
        "a third that leaves makes the round smaller",
        {**figures, "largest_part_of_d": round(worst, 3)},
    )


def _accounts(players: list[Player]) -> set[str]:
    return {player.account for player in players}


def two_rounds_at_once(tell: Tell) -> Outcome:
    """A third keeps its data back until a round closes, to have twice its weight in the next."""
    world = World.started(PLAYERS)
    liars, honest = world.players[:HOSTILE], world.players[HOSTILE:]
    world.share(honest)
    world.partition()
    world.mine(world.parameters.collect_heights)
    tell("data in the last moment before the round closes, and for the next round at once")
    late = [world.sharing(liar) for liar in liars]
    for action in late:
        world.execute(action)
    ahead = replace(late[0].transaction, round=world.collecting + 1)
    refusals = {world.attempt(replace(late[0], transaction=ahead))}
    # Nobody waits for what came so late: the round closes.
    world.execute(actions.Advance())
    pending = world.chain.data_registry.collected(world.competing).pending
    refusals |= {world.attempt(action) for action in late}
    world.advance_to(Phase.VOID)
    world.share(world.players)
    again = world.sharing(liars[0], timestamp=world.now // 600 * 600 + 600)
    refusals.add(world.attempt(again))
    world.partition()
    world.close()
    data = world.chain.rounds.closed_round(world.competing).data
    hostile = sum(world.data(index).player in liars for index in range(data))
    k = judging.trimmed(data)
    carried = hostile + pending
    k_carried = judging.trimmed(data + pending)
    return Outcome(
        hostile <= k and "" not in refusals,
        carried > k_carried,
        f"{pending} late ones are out for good, all other ways are refused "
        f"({', '.join(sorted(refusals))}); {hostile} of {data} are hostile, k is {k}; carried over "
        f"they would be {carried} of {data + pending} with k = {k_carried}",
        figures={"hostile": hostile, "data": data, "hostile_carried_over": carried},
    )


# ---- in the last moment --------------------------------------------------------------------------


def last_block(tell: Tell) -> Outcome:
    """Keys, reports and files in the last block of their phase, so that nobody can look in time."""
    world = World.with_block(5)
    liar, honest = world.players[0], world.players[1:]
    world.collect(world.players)
    index = _index_of(world, liar)
    answers: dict[str, int] = {}

    def to_the_last_moment() -> int:
        """The latest moment of a phase: its blocks and seconds have passed, nobody has ended it."""
        world.now += world.parameters.minimum_phase_seconds
        world.mine(max(1, world.chain.rounds.competition.end_height - world.relay.tip))
        return world.now

    def ended_after(moment: int) -> int:
        """Seconds from then to the last moment of the phase that follows it."""
        world.execute(actions.Advance())
        return to_the_last_moment() - moment

    world.publish()
    world.end_phase()
    models = [world.model(player, skill) for player, skill in ((liar, 70), (honest[0], 60))]
    for player, model in zip((liar, honest[0]), models, strict=True):
        world.execute(world.commit(model), player)
    world.end_phase()
    world.publish(without=[liar])
    tell("test keys in Unseal's last block")
    keys_end = to_the_last_moment()
    world.execute(world.test_keys(index))
    keys_at = world.now
    answers["keys"] = ended_after(keys_at)
    in_time = [world.attempt(actions.ReportData(1 << index), each) for each in honest]
    is_late = [world.attempt(actions.ReportData(0), liar)]
    world.execute(actions.Advance())
    is_out = not _data_set(world) >> index & 1
    for player, model in zip((liar, honest[0]), models, strict=True):
        world.execute(world.revealed(model), player)
    world.end_phase()
    tell("a false report in Available's last block, and no file in Bring but in its last block")
    moment = to_the_last_moment()
    for player in world.players:
        world.execute(actions.ReportModels(0b10 if player is liar else 0b01), player)
    answers["reports"] = ended_after(moment)
    moment = world.now
    missing = world.chain.rounds.closed_round(world.competing).missing
    answers["files"] = ended_after(moment)
    shortest = min(answers.values())
    # One phase for both: reports end with the keys.
    of_one_phase = keys_end - keys_at
    return Outcome(
        shortest >= world.parameters.minimum_phase_seconds
        and is_out
        and not any([*in_time, *is_late])
        and missing == 0b01,
        of_one_phase < world.parameters.minimum_phase_seconds,
        f"after the last moment others have at least {shortest} s to look and to answer; data that "
        f"were opened in Unseal's last block and cannot be used are {'out' if is_out else 'in'}",
        "somebody has to answer within a phase",
        {f"seconds_after_{name}": seconds for name, seconds in answers.items()},
    )


# ---- reports -------------------------------------------------------------------------------------


def reports_of_honest_data(tell: Tell) -> Outcome:
    """Attesters report data that anybody can use, to have them left out."""
    shared = World.with_block(5)
    shared.collect(shared.players)
    shared.open_and_commit()
    everything = (1 << shared.chain.rounds.closed_round(shared.competing).data) - 1
    honest_data = everything & ~0b11
    out_by: dict[int, int] = {}
    for hostile in range(1, 4):
        tell(f"{hostile} of 5 attesters report all honest data")
        world = shared.fork()
        for number, attester in enumerate(world.attesters):
            bitmap = honest_data if number < hostile else 0
            world.execute(actions.ReportData(bitmap), attester)
        out = world.chain.attestations.data_out(world.competing)
        out_by[hostile] = out.bit_count()
        world.end_phase()
    alone = shared.fork()
    alone.execute(actions.ReportData(honest_data), alone.attesters[0])
    out_alone = alone.chain.attestations.data_out(alone.competing).bit_count()
    minority = max(out_by[hostile] for hostile in (1, 2))
    # Everybody evaluates on what it says it could get.
    data_sets = {everything & ~(honest_data if number < 2 else 0) for number in range(5)}
    return Outcome(
        minority == 0,
        len(data_sets) > 1,
        f"2 of 5 put {minority} transactions out, 3 of 5 put {out_by[3]} out; where everybody goes "
        f"by what it got, {len(data_sets)} data sets come of it",
        "half of the attesters that send a bitmap decide: honest nodes always send one",
        {
            **{f"out_by_{hostile}_of_5": out for hostile, out in out_by.items()},
            "out_where_the_others_send_nothing": out_alone,
        },
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "selective-opening",
            "nobody chooses its test parts once the seed is known",
            "publish some of the training keys, then some of the test keys",
            FIRST_KEYS,
            selective_opening,
        ),
        Attack(
            "training-key-late",
            "nothing tests that could not be trained on",
            "keep training keys until commitments are made, publish test keys in time",
            FIRST_KEYS,
            training_key_late,
        ),
        Attack(
            "drop-out",
            "leaving takes weight from who leaves",
            "1 to 3 of 9 sharers leave after the seed, or after the commitments",
            FIRST_KEYS,
            drop_out,
        ),
        Attack(
            "two-rounds-at-once",
            "a member has one data transaction in a round",
            "3 of 9 keep their data back until a round closes, and share in the next as well",
            "the first protocol: what is pending belongs to the round that collects then",
            two_rounds_at_once,
        ),
        Attack(
            "last-block",
            "whatever comes last can still be looked at",
            "keys, reports and files in the last block of their phase",
            "the first protocol: reports in the phase of the keys",
            last_block,
        ),
        Attack(
            "reports-of-honest-data",
            "a minority of attesters leaves nobody's data out",
            "1 to 3 of 5 attesters report all honest data",
            "the paper: everybody judges by the data that it got",
            reports_of_honest_data,
        ),
    )
}
