"""A dispute on the real contracts, decided by the judge of the digits task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import ClassVar

import numpy as np

from offchain.attacks.disputes.rounds import changed
from offchain.attacks.worlds.contracts import contracts_behind
from offchain.attacks.worlds.disputes import DisputedWorld, FileModel, Side
from offchain.attacks.worlds.players import SMALL, Model, Player
from offchain.chain.abi.interfaces import interface
from offchain.chain.deployment.file import DeployedTask
from offchain.crypto.hashing import keccak256
from offchain.learning.exact.integer_layer import IntegerLayer
from offchain.learning.exact.integer_network import (
    DIGITS_FAMILY,
    IntegerNetwork,
    encode_model,
    parse_model,
    reference_points,
)
from offchain.learning.formats.digits import CLASSES, IMAGE_SIDE, DigitSamples, records, samples_of
from offchain.learning.kinds.images.digits_judge import DigitsJudge
from offchain.protocol.rules.statements import Points
from offchain.protocol.words import actions
from offchain.protocol.words.judge import Judge
from offchain.protocol.words.status import Phase

SAMPLES = 10
CHANNELS = (2, 3, 4, 8)
"""Of the networks here; nobody trained them."""

_TASK = DeployedTask("digits", b'{"points":"1 for each digit that is read right"}', "ImageJudge")


@dataclass
class DigitsDisputes(DisputedWorld):
    """A world of real networks on images, which are noise."""

    judge: ClassVar[Judge | None] = DigitsJudge()

    @staticmethod
    @cache
    def drawn(seed: bytes, count: int) -> tuple[bytes, ...]:
        """Images of noise, with any labels."""
        random = np.random.default_rng(list(seed))
        images = random.integers(0, 256, (count, IMAGE_SIDE, IMAGE_SIDE), np.uint8)
        return tuple(records(DigitSamples(images, random.integers(0, CLASSES, count, np.uint8))))

    def model(self, player: Player, skill: int, name: str = "") -> FileModel:
        """A network of random weights; ``skill`` and ``name`` make another one."""
        seed = keccak256(f"{player.account} {skill} {name}".encode())
        return self.entry(player, encode_model(_random_network(np.random.default_rng(list(seed)))))

    def points_of(self, model: Model) -> Points | None:
        """See `DisputedWorld.points_of`; all images at once."""
        if not isinstance(model, FileModel):
            return None
        places = range(self.counts.transactions)
        shown = samples_of([record for place in places for record in self.test_records(place)])
        points = reference_points(parse_model(model.file), shown.images, shown.labels)
        return points.astype(np.uint8)


def _random_network(random: np.random.Generator) -> IntegerNetwork:
    def layer(*shape: int, shift: int) -> IntegerLayer:
        channels = shape[0]
        shifts = channels if shift else 1
        return IntegerLayer(
            random.integers(-20, 21, shape, np.int8),
            np.zeros(channels, np.int32),
            np.full(shifts, shift, np.uint8),
        )

    inputs = (1, *CHANNELS)
    convolutions = tuple(
        layer(channels, inputs[number], kernel, kernel, shift=6)
        for number, (channels, kernel) in enumerate(
            zip(CHANNELS, DIGITS_FAMILY.kernels, strict=True)
        )
    )
    return IntegerNetwork(DIGITS_FAMILY, convolutions, layer(CLASSES, CHANNELS[-1], shift=0))


@dataclass(frozen=True)
class OnContracts:
    """What came of a dispute there, and the gas of its proof."""

    is_overturned: bool
    proof_gas: int


def overturned_on_contracts(players: int) -> OnContracts:
    """All attesters but one state that a model reads every digit; that one disputes it.

    Raises:
        RevertedError: the contracts refuse what their specification takes.
    """
    parameters = replace(SMALL, samples_per_part=SAMPLES)
    with contracts_behind(DigitsDisputes, players, parameters, _TASK) as (world, contracts, _):
        world.start()
        world.collect(world.players)
        models = world.open_and_commit([(world.players[0], 1), (world.players[-1], 2)])
        world.reveal(models)
        world.advance_to(Phase.ATTEST)
        truth = world.truth()
        lie = world.made_of(changed(truth, 2, np.ones_like(world.points_of(models[1]))))
        honest, *liars = world.attesters
        world.state(truth.rows, [honest], [(liar, lie.rows) for liar in liars])
        sides = [Side(world, honest, truth), *(Side(world, liar, lie) for liar in liars)]
        world.dispute(sides)
        world.execute(actions.Finalize(truth.rows), honest)

        def told(contract: str, function: str, *arguments: object) -> object:
            data = interface(contract).encode(function, *arguments)
            where = {"to": contracts.deployment.address(contract), "data": "0x" + data.hex()}
            return contracts.ethereum.request("eth_call", where, "latest")

        standing = str(told("Attestations", "standing", world.competing))
        is_overturned = (
            standing == "0x" + world.stated(truth.rows).hex()
            and world.chain.rounds.blocks[-1].statement == world.stated(truth.rows)
            and all(world.stake(liar) == 0 for liar in liars)
            and world.stake(honest) == parameters.stake
        )
        return OnContracts(is_overturned, max(contracts.gas.get("prove", [0])))
