"""Phases of a dispute on the real contracts: how long each lasts."""

from offchain.protocol.words.status import Phase
from scripts.support.chains.deployed_chain import DeployedChain, deploy_world
from scripts.support.chains.evm import Evm
from scripts.support.worlds.dispute_story import disputed, prepare_round


def test_every_phase_of_a_dispute_lasts_as_many_blocks_as_its_parameter_says(evm: Evm) -> None:
    phases = [Phase(number) for number in range(Phase.CHALLENGE, Phase.FINAL)]
    lengths = {f"{phase.name.lower()}_blocks": 2 + number for number, phase in enumerate(phases)}
    world = deploy_world(evm, is_judged=True, **lengths)
    assert isinstance(world.twin, DeployedChain)
    prepare_round(world)
    dispute = disputed(world, "one_point")
    dispute.state()
    seen = {}
    while True:
        [(_, phase, end_height, *_)] = world.twin.view("ModelChain", "competition")
        [tip] = world.twin.view("BitcoinRelay", "tip")
        seen[f"{Phase(phase).name.lower()}_blocks"] = end_height - tip
        if phase == Phase.FINALIZE:
            break
        dispute.go_on()
    assert seen == lengths
