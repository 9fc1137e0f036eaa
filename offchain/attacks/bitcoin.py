"""Attacks with Bitcoin's blocks: seeds, bursts, forks, headers without work."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from itertools import count, product
from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.worlds.bitcoin_chain import BLOCK_SECONDS, REGTEST_BITS, mined
from offchain.attacks.worlds.players import SMALL, address
from offchain.attacks.worlds.rounds import World
from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.errors import RelayRuleError
from offchain.bitcoin.header import BlockHeader, hash_number, short_hash, split_headers
from offchain.bitcoin.header_chain import HeaderChain
from offchain.bitcoin.rules import MAINNET, MAXIMUM_FUTURE_SECONDS
from offchain.bitcoin.target import target_from_bits
from offchain.protocol.rules import partition
from offchain.protocol.words import actions
from offchain.protocol.words.parameters import LIVE_RELAY
from offchain.protocol.words.status import Phase
from offchain.protocol.words.transactions import partition_seed

RECORDED_FROM = 822_528
"""Height of the first recorded header of Bitcoin's own chain, where an epoch begins."""

DANKU_BLOCKS = 20
"""Blocks within which the call that splits DanKu's data has to come (init2 of its contract)."""

WANTED = (0, 1, 2)
"""The parts that a grinding sharer wants to test: it has prepared them."""


# ---- seeds ---------------------------------------------------------------------------------------


def grind_the_seed(tell: Tell) -> Outcome:
    """Sharers grind their identifiers until a seed that they know makes the wanted parts test."""
    parameters = replace(SMALL, parts=10, test_parts=3)
    world = World.create(5, parameters=parameters)
    world.start()
    # A miner's header may run two hours ahead of the clock, and be known all that time.
    first = world.bitcoin.best_height + 1
    ahead = world.now + MAXIMUM_FUTURE_SECONDS - BLOCK_SECONDS
    world.submit(world.bitcoin.extended([ahead]), first)
    known = world.relay.block_hash(world.relay.best_height)
    seed = partition_seed(world.domain, known)
    tell("grinding reward addresses against a header whose time lies two hours ahead")
    tries = 0
    arrivals = []
    for player in world.players:
        share = world.sharing(player)
        for number in count():
            tries += 1
            address_tried = address("reward", player.account, number)
            tried = replace(share.transaction, reward_address=address_tried)
            if _test_parts(world, seed, tried.identifier(world.domain)) == WANTED:
                break
        world.execute(world.sharing(player, reward_address=address_tried), player)
        arrivals.append((world.now, world.relay.best_height))
    world.partition()
    world.close()
    data = range(world.chain.rounds.closed_round(world.competing).data)
    got = [
        _test_parts(
            world,
            world.chain.data_registry.data[world.competing].partitions[0].seed,
            world.chain.data_registry.data[world.competing].ids[index],
        )
        for index in data
    ]
    hits = sum(parts == WANTED for parts in got)
    unknown = all(world.chain.data_registry.last_height > height for _, height in arrivals)
    # The header's own time decides: what arrives before it is taken by its hash.
    hits_by_header_time = sum(arrived < ahead for arrived, _ in arrivals)
    return Outcome(
        unknown and hits <= 1,
        hits_by_header_time == len(arrivals),
        f"after {tries} tries all five would have the parts that they want under the header that "
        f"they know; the height that is forced was mined after they arrived, and {hits} of "
        f"{len(got)} have them",
        "a miner who discards blocks pays a block reward for each new draw",
        {"tries": tries, "hits": hits, "hits_by_header_time": hits_by_header_time},
    )


def _test_parts(world: World, seed: bytes, data_id: bytes) -> tuple[int, ...]:
    p = world.parameters
    return partition.test_parts(world.domain, seed, data_id, p.parts, p.test_parts)


def keeper_chooses(tell: Tell) -> Outcome:
    """Whoever partitions offers every height and every end, and tries to close without any."""
    world = World.create(5)
    world.start()
    world.share(world.players)
    world.mine(40)
    arrived = world.chain.data_registry.data[world.collecting].arrivals[0]
    heights = range(world.relay.lowest_height, world.relay.best_height + 1)
    refusals: set[str] = set()
    accepted = []
    tell(f"{len(heights)} heights, {len(world.players) + 1} ends, and closing without them")
    trial = world.fork()
    closed = trial.attempt(actions.Advance())
    for height, end in product(heights, range(len(world.players) + 1)):
        refusal = trial.attempt(actions.Partition(height, end))
        if refusal:
            refusals.add(refusal)
        else:
            accepted.append((height, end))
            trial = world.fork()
    passed = [
        height
        for height in range(world.relay.lowest_height, world.relay.tip + 1)
        if arrived < world.relay.decision_time(height) <= world.now
    ]
    choices = {world.relay.block_hash(height) for height in passed[:DANKU_BLOCKS]}
    return Outcome(
        len(accepted) == 1 and bool(closed),
        len(choices) > 1,
        f"{len(accepted)} of {len(heights) * 6} pairs of height and end is taken, closing is "
        f"refused ({closed}); by DanKu's rule there are {len(choices)} seeds to choose from",
        figures={"accepted": len(accepted), "seeds_to_choose_from": len(choices)},
    )


# ---- time ----------------------------------------------------------------------------------------


def header_burst(tell: Tell) -> Outcome:
    """After a gap one node hands the relay its headers, as it needs them, and ends all phases."""
    tell("144 headers of a gap, one a second, and one node that ends every phase")
    seconds = SMALL.minimum_phase_seconds
    reached = _phases_of_a_burst(seconds, seconds)
    by_heights = _phases_of_a_burst(1, seconds)
    return Outcome(
        len(reached) <= 2,
        by_heights[-1] is Phase.VOID,
        f"within {seconds} s (minimumPhaseSeconds) the round comes as far as {reached[-1].name}; "
        f"where a second is enough for a phase as far as {by_heights[-1].name}",
        "a phase lasts minimumPhaseSeconds at least: half an hour live",
        {"phases_ended": len(reached) - 1, "phases_ended_by_heights": len(by_heights) - 1},
    )


def _phases_of_a_burst(minimum_phase_seconds: int, seconds: int) -> list[Phase]:
    """The phases that a burst of so many seconds goes through."""
    parameters = replace(SMALL, minimum_phase_seconds=minimum_phase_seconds)
    world = World.create(5, parameters=parameters)
    world.start()
    world.collect(world.players)
    phases = [world.phase]
    start = world.bitcoin.headers[-1].time
    # Their times are those of the gap: before the clock, which goes on by seconds.
    world.now = start + 145 * BLOCK_SECONDS
    burst = world.bitcoin.extended([start + number * BLOCK_SECONDS for number in range(1, 145)])
    height, end = world.bitcoin.best_height, world.now + seconds
    while world.now < end and world.phase.competes:
        height += 1
        world.relay.submit(burst.at(height).serialise(), world.now)
        if not world.attempt(actions.Advance()):
            phases.append(world.phase)
    return phases


def deep_fork(tell: Tell) -> Outcome:
    """Replace the block that seeded a partition, by a fork with more work, and a deeper one."""
    world = World.create(5)
    world.start()
    world.collect(world.players)
    height = world.chain.data_registry.last_height
    registry = world.chain.data_registry
    before = [registry.test_parts(world.competing, index) for index in range(5)]
    old_hash, phase = world.relay.block_hash(height), world.phase
    world.end_phase()
    tell(f"a fork below height {height}, one block longer")
    depth = world.bitcoin.best_height - height + 1
    fork = world.bitcoin.forked(height - 1, "fork")
    base = fork.headers[-1].time
    longer = fork.extended([base + BLOCK_SECONDS * number for number in range(1, depth + 2)])
    short = fork.extended([base + BLOCK_SECONDS * number for number in range(1, depth)])
    refused = {_submitted(world.relay, short.raw(height), world.now)}
    world.submit(longer, height)
    new_hash = world.relay.block_hash(height)
    after = [registry.test_parts(world.competing, index) for index in range(5)]
    new_seed = partition_seed(world.domain, new_hash)
    looked_up = [
        sum(1 << part for part in _test_parts(world, new_seed, data_id))
        for data_id in registry.data[world.competing].ids
    ]
    changed = sum(old != new for old, new in zip(before, looked_up, strict=True))
    went_back = world.phase <= phase
    tell("a fork deeper than the longest batch")
    for _ in range(2):
        world.mine(world.relay.settings.maximum_batch // 2 + 5)
    deep = world.bitcoin.forked(height, "deep")
    times = [deep.headers[-1].time + number + 1 for number in range(200)]
    refused.add(
        _submitted(world.relay, deep.extended(times).raw(height + 1)[: 80 * 144], world.now)
    )
    return Outcome(
        before == after and old_hash != new_hash and not went_back and "" not in refused,
        changed > 0,
        f"the relay follows the longer fork, the seed that was stored stays, no phase comes back; "
        f"refused: {', '.join(sorted(refused))}",
        f"a fork of {depth} blocks with more work costs as much as {depth} blocks",
        {
            "depth": depth,
            "transactions_split_anew": changed,
        },
    )


def _submitted(relay: HeaderChain, raw: bytes, now: int) -> str:
    """The relay's refusal of headers, or nothing."""
    try:
        relay.submit(raw, now)
    except RelayRuleError as error:
        return type(error).__name__
    return ""


def regtest_header(tell: Tell) -> Outcome:
    """Headers of a test network's difficulty after Bitcoin's own, under their bits or the right."""
    folder = resources.files("offchain.headers") / "data"
    with (folder / f"headers_{RECORDED_FROM}_6048.bin").open("rb") as file:
        raw = file.read(80 * 200)
    headers = list(split_headers(raw))
    height = RECORDED_FROM + 20
    checkpoint = Checkpoint(height, BlockHeader.parse(headers[0]).time, b"".join(headers[10:21]))
    relay = HeaderChain(MAINNET, LIVE_RELAY, checkpoint)
    relay.submit(b"".join(headers[21:40]), 2**31)
    last = BlockHeader.parse(headers[39])
    cheap = mined(last.hash(), last.time + BLOCK_SECONDS)
    tell("a header of regtest's difficulty, one that claims Bitcoin's, one that skips")
    claimed = replace(cheap, bits=last.bits)
    refusals = [
        _submitted(relay, header.serialise(), 2**31)
        for header in (cheap, claimed, mined(bytes(32), last.time + BLOCK_SECONDS))
    ]
    honest = _submitted(relay, headers[40], 2**31)
    # Each header by the target that it claims itself.
    by_itself = hash_number(cheap.hash()) <= target_from_bits(cheap.bits)
    linked = short_hash(cheap.previous_hash) == short_hash(last.hash())
    return Outcome(
        all(refusals) and not honest,
        by_itself and linked,
        f"refused: {', '.join(refusals)}; Bitcoin's next header is taken",
        "a header without a valid block costs a block's work",
        {
            "hashes_for_a_header": 2**256 // target_from_bits(last.bits),
            "hashes_by_itself": 2**256 // target_from_bits(REGTEST_BITS),
        },
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "grind-the-seed",
            "nobody knows at signing which of its parts will test",
            "grind identifiers against a header whose time runs two hours ahead",
            "the paper: the header's own time decides",
            grind_the_seed,
        ),
        Attack(
            "keeper-chooses",
            "nobody chooses among seeds",
            "partition by every height up to every end, or close without it",
            "DanKu: whoever calls, within 20 blocks, splits the data by the newest of them",
            keeper_chooses,
        ),
        Attack(
            "header-burst",
            "every phase gives everybody time",
            "144 headers in a second, and one node that ends all phases",
            "the paper: blocks alone are the clock",
            header_burst,
        ),
        Attack(
            "deep-fork",
            "what a seed has split stays as it is",
            "replace the block that gave the seed, and a hundred and more",
            "the paper: the seed is the hash of the block at a height",
            deep_fork,
        ),
        Attack(
            "regtest-header",
            "a false header costs Bitcoin's work",
            "headers with a test network's work after Bitcoin's own",
            "the paper: a header is what it says it is",
            regtest_header,
        ),
    )
}
