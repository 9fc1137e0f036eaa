"""Attacks on who becomes a member: places, the draw, keys, epochs, genesis, heat."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.worlds.players import SMALL
from offchain.attacks.worlds.rounds import World
from offchain.crypto.possession import prove_possession
from offchain.protocol.rules import draw, judging
from offchain.protocol.words import actions
from offchain.protocol.words.transactions import draw_seed

SEEDS = 300
"""Draws by seeds that nobody could know, over which chances are counted."""


def _draw_key(world: World, seed: bytes) -> bytes:
    return draw.place_key(world.domain, seed, is_warm=False)


def _far_from(count: int, expected: float, chance: float, tries: int) -> bool:
    """Whether a count is more than four standard deviations above what chance gives."""
    return count > expected + 4 * sqrt(tries * chance * (1 - chance))


# ---- places --------------------------------------------------------------------------------------


def places(tell: Tell) -> Outcome:
    """Forty accounts of one owner apply in one transaction, before all other newcomers."""
    parameters = replace(SMALL, epoch_rounds=2, minimum_ring=8, maximum_members=64)
    world = World.create(16, parameters=parameters)
    world.start()
    tell("40 accounts apply before 4 honest newcomers")
    hostile = [world.join("hostile", number) for number in range(40)]
    honest = [world.join("newcomer", number) for number in range(4)]
    world.apply([*hostile, *honest, *world.players[:16]])
    while not world.chain.membership.epoch_at(2).frozen:
        world.close()
        world.advance_to_end()
    world.draw()
    epoch = world.chain.membership.epoch_at(2)
    members = world.members(2)
    drawn = sum(player in hostile for player in members)
    applicants = len(hostile) + len(honest)
    chance = epoch.cold_places / applicants
    got = sum(
        draw.is_drawn(
            _draw_key(world, _seed(world, number)), newcomer, applicants, epoch.cold_places
        )
        for number in range(SEEDS)
        for newcomer in range(len(hostile), applicants)
    )
    tries = SEEDS * len(honest)
    fair = not _far_from(tries - got, tries * (1 - chance), 1 - chance, tries)
    first_come = (hostile + honest)[: epoch.cold_places]
    return Outcome(
        drawn <= judging.trimmed(len(members)) and fair,
        all(player in hostile for player in first_come),
        f"{drawn} of {len(members)} members are hostile; over {SEEDS} seeds an honest newcomer has "
        f"a place in {got / tries:.1%} of draws where its share of the applications gives "
        f"{chance:.1%}; by who comes first all {epoch.cold_places} places are hostile",
        "newcomers are at most a quarter of the warm; a place's chance costs a stake",
        {
            "hostile_members": drawn,
            "members": len(members),
            "honest_chance": round(got / tries, 4),
            "stakes": len(hostile),
        },
    )


def _seed(world: World, number: int) -> bytes:
    """A seed of a future that nobody knows."""
    return draw_seed(world.domain, 2, number.to_bytes(24, "big"))


def draw_attack(tell: Tell) -> Outcome:
    """Order one's application by a seed that is known, or wait until the seed is known."""
    world = World.create(5, parameters=replace(SMALL, epoch_rounds=2, maximum_members=8))
    world.start()
    crowd = [world.join("crowd", number) for number in range(20)]
    grinder = world.join("grinder")
    known = draw_seed(world.domain, 2, world.relay.block_hash(world.relay.tip))
    applicants = len(crowd) + 1
    cold = draw.places(5, applicants, 8, 3).cold
    tell("the number that the newest Bitcoin block would draw")
    best = min(
        range(applicants),
        key=lambda number: draw.position(_draw_key(world, known), number, applicants),
    )
    world.apply([*crowd[:best], grinder, *crowd[best:], *world.players[:5]])
    while not world.chain.membership.epoch_at(2).frozen:
        world.close()
        world.advance_to_end()
    late = world.join("late")
    frozen_world = world.fork()
    world.seed_draw(2)
    seed = world.chain.membership.epoch_at(2).seed
    tell("applying after the freeze, other heights than the forced one, a new draw")
    waited = world.attempt(replace(world.application(late), epoch=2), late)
    others = {waited, world.attempt(actions.RenewDraw())}
    accepted = []
    frozen_world.mine(12)
    for height in range(frozen_world.relay.lowest_height + 1, frozen_world.relay.tip + 2):
        trial = frozen_world.fork()
        refusal = trial.attempt(actions.SeedDraw(height))
        if refusal:
            others.add(refusal)
        else:
            accepted.append(height)
    lucky = sum(
        draw.is_drawn(_draw_key(world, _seed(world, number)), best, applicants, cold)
        for number in range(SEEDS)
    )
    chance = cold / applicants
    return Outcome(
        len(accepted) == 1
        and "" not in others
        and seed != known
        and not _far_from(lucky, SEEDS * chance, chance, SEEDS),
        draw.is_drawn(_draw_key(world, known), best, applicants, cold),
        f"{len(accepted)} of {frozen_world.relay.tip} heights may seed the draw, one that is mined "
        f"after the freeze; the ground number is drawn by {lucky} of {SEEDS} seeds, chance gives "
        f"{SEEDS * chance:.0f}",
        "a miner who discards blocks pays a block reward for each new draw",
        {"heights_accepted": len(accepted), "drawn": lucky, "by_chance": round(SEEDS * chance, 1)},
    )


# ---- keys ----------------------------------------------------------------------------------------


def one_key_twice(tell: Tell) -> Outcome:
    """Apply with another applicant's share key, before it or after it, or with one's own twice."""
    world = World.create(5)
    victim, thief, twin = world.players[:3]
    seen = world.application(victim)
    tell("a copied application before the victim's, and the same key under a second account")
    stolen = world.attempt(seen, thief)
    key = thief.secrets.share_key(1)
    forged = prove_possession(world.domain, thief.account, 1, key)
    stolen_with_own_proof = world.attempt(replace(seen, proof=forged), thief)
    victims = world.attempt(seen, victim)
    own = world.attempt(world.application(thief), thief)
    proof = prove_possession(world.domain, twin.account, 1, key)
    second = world.attempt(replace(world.application(twin), key=key.x, proof=proof), twin)
    keys = [each.key for each in world.chain.membership.applications[1].values()]
    # Keys are taken as they come, from whoever names them first.
    first_named: dict[int, str] = {}
    for account, named in ((thief.account, seen.key), (victim.account, seen.key)):
        first_named.setdefault(named, account)
    return Outcome(
        bool(stolen and stolen_with_own_proof and second)
        and not (victims or own)
        and len(set(keys)) == len(keys),
        first_named[seen.key] == thief.account,
        f"refused: {stolen}, {stolen_with_own_proof}, {second}; whose key it is applies",
        figures={"keys": len(keys), "distinct_keys": len(set(keys))},
    )


# ---- epochs --------------------------------------------------------------------------------------


def sleepy_epoch(tell: Tell) -> Outcome:
    """Nobody shares in an epoch's last rounds, so that no partition leaves a seed for the draw."""
    world = World.create(5, parameters=replace(SMALL, epoch_rounds=2))
    world.start()
    rounds = 0
    while world.chain.membership.current_epoch < 3 and rounds < 8:
        tell(f"round {world.collecting} without data")
        world.apply(world.players)
        world.close()
        world.advance_to_end()
        rounds += 1
    epoch = world.chain.membership.current_epoch
    partitions = sum(len(data.partitions) for data in world.chain.data_registry.data.values())
    world.block(world.players, [(world.players[0], 50)])
    made = len(world.chain.rounds.blocks) - 1
    return Outcome(
        epoch == 3 and made == 1,
        partitions == 0,
        f"{rounds} rounds without data, epoch {epoch} has its members, and the next round makes a "
        f"block; of {partitions} partitions no seed would come",
        figures={"rounds": rounds, "epoch": epoch, "partitions": partitions},
    )


def genesis_capture(tell: Tell) -> Outcome:
    """Three of ten genesis accounts start the chain at once, and keep the others out."""
    parameters = replace(SMALL, epoch_rounds=2, start_seconds=100_000)
    world = World.create(10, parameters=parameters)
    captors, others = world.players[:3], world.players[3:]
    world.apply(captors)
    world.mine(2)
    beginning = actions.Start(world.by_key(1, [each.account for each in captors]))
    tell("three of ten start at once, then wait")
    at_once = world.attempt(beginning)
    world.now += parameters.start_seconds
    world.mine()
    world.execute(beginning)
    world.apply([*others, *captors])
    skill = 40
    while world.chain.membership.current_epoch < 2:
        world.block(captors, [(captors[skill % 3], skill)])
        world.attempt(actions.ClaimBest(world.competing))
        skill += 25
    attesters = world.chain.rounds.competition.attesters
    members = world.members(2)
    hostile = sum(each in captors for each in members)
    # Places go to who has heat by models, and only members may commit to one.
    with_heat = [each for each in world.players if world.chain.heat.heat_of(each.account)]
    return Outcome(
        bool(at_once) and len(members) == len(world.players) and 2 * hostile < attesters,
        bool(with_heat) and all(each in captors for each in with_heat),
        f"the start waits for all or for {parameters.start_seconds:,} s ({at_once}); of "
        f"{len(world.players)} accounts {len(members)} are members of epoch 2, {attesters} could "
        f"attest in the captors' last round",
        "who does not apply within startSeconds is a member an epoch later",
        {"members": len(members), "attesters": attesters, "captors": hostile},
    )


# ---- heat ----------------------------------------------------------------------------------------


def heat_saved_up(tell: Tell) -> Outcome:
    """Earn heat in two rounds, and claim it many rounds later, when it is needed."""
    world = World.create(5, parameters=replace(SMALL, epoch_rounds=64))
    world.start()
    trainer, attester = world.players[:2]
    for skill in (40, 70):
        world.block(world.players, [(trainer, skill)])
    claims: list[actions.Action] = [
        claim
        for number in (1, 2)
        for claim in (
            actions.ClaimBest(number),
            actions.ClaimAttestation(number, trainer.account),
            actions.ClaimAttestation(number, attester.account),
        )
    ]
    prompt = world.fork()
    for claim in claims:
        prompt.execute(claim)
    for each in (world, prompt):
        for number in range(20):
            tell(f"{number} of 20 rounds pass")
            each.close()
    for claim in claims:
        world.execute(claim)
    saved, faded = (each.chain.heat.heat_of(trainer.account) for each in (world, prompt))
    p = world.parameters
    # Counted when it is claimed, whenever it was earned.
    by_claim = 2 * (p.heat_best + p.heat_attestation)
    # Roundings of a fade that is taken apart.
    return Outcome(
        saved <= faded + len(claims),
        by_claim > faded + len(claims),
        f"20 rounds later {saved} heat is left of what is claimed late, {faded} of what was "
        f"claimed at once; counted at the claim it would be {by_claim}",
        figures={"claimed_late": saved, "claimed_at_once": faded, "by_claim": by_claim},
    )


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "places",
            "no account takes the newcomers' places by coming first",
            "40 accounts of one owner apply in one block before 4 honest newcomers",
            "the first protocol: places for who comes first",
            places,
        ),
        Attack(
            "draw",
            "nobody can choose to be drawn",
            "apply under the number that a known seed draws, wait for the seed, offer other seeds",
            "the first protocol: keys may be leased once the seed that places them is known",
            draw_attack,
        ),
        Attack(
            "one-key-twice",
            "a share key is its owner's, and one member's",
            "apply with another's key before it does, or with one key twice",
            "the paper: keys are taken as they are named",
            one_key_twice,
        ),
        Attack(
            "sleepy-epoch",
            "a round without data does not stop the next epoch",
            "nobody shares until two epochs have ended",
            "the first protocol: the seed of the round's last partition orders the next keys",
            sleepy_epoch,
        ),
        Attack(
            "genesis-capture",
            "the first are not kings",
            "3 of 10 genesis accounts start the chain without the others",
            "the first protocol: it starts with who has registered, and heat makes places",
            genesis_capture,
        ),
        Attack(
            "heat-saved-up",
            "heat is not saved up by claiming late",
            "claim what two rounds earned 20 rounds later",
            "the first protocol: heat counts from its claim",
            heat_saved_up,
        ),
    )
}
