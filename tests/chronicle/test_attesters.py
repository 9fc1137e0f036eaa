"""Who attests, beside the reference's own count, while standing comes, is kept, lost and lapses."""

from dataclasses import replace

import pytest

from offchain.chronicle.chronicle import Chronicle
from offchain.protocol.words.status import Electorate
from scripts.support.worlds.steps import SMALL
from scripts.support.worlds.world import World


def told(world: World) -> Chronicle:
    genesis = world.reference.membership.genesis_accounts
    chronicle = Chronicle(world.parameters, world.domain, genesis, has_judge=False)
    chronicle.apply_all(world.reference.environment.records)
    return chronicle


def actual(world: World) -> set[str]:
    """Those who attest in the round in competition, by the reference contracts."""
    attests = world.reference.attestations.is_attester
    return {node.account for node in world.nodes if attests(world.competing, node.account)}


@pytest.fixture(scope="module")
def rounds() -> list[tuple[set[str], int, Chronicle]]:
    """A world after each of some rounds' closing, with what the reference says then."""
    world = World(replace(SMALL, minimum_standing=1))
    world.start()
    found = []
    for skills in ((50, 90), (), (80, 20, 60), (), (), (), (99,)):
        world.collect()
        found.append((actual(world), world.competing, told(world)))
        world.make_block(skills)
        world.claim_all(world.competing)
    return found


def test_attesters_are_those_of_the_reference_round_by_round(rounds):
    for expected, number, chronicle in rounds:
        assert set(chronicle.attesting.of_round[number]) == expected


def test_genesis_accounts_and_accounts_with_standing_both_occur(rounds):
    kinds = {chronicle.history.round(number).closed.electorate for _, number, chronicle in rounds}
    assert kinds == {Electorate.GENESIS, Electorate.STANDING}
