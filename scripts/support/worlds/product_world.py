"""A world whose task is so small that the contracts' toy judge decides it: points are one product.

See `offchain.protocol.reference.product_judge`. Samples have records that stand under their samples
roots, models are files of two bytes, and what anybody states can be questioned, answered and proved
to the end.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np

from offchain.learning.samples_root import SamplePath, part_root, sample_path, samples_root
from offchain.protocol.reference.product_judge import ProductJudge
from offchain.protocol.rules.answers import sample_place
from offchain.protocol.rules.reports import positions
from offchain.protocol.rules.statements import Points
from offchain.protocol.words.judge import Judge
from scripts.support.worlds.models import Model
from scripts.support.worlds.steps import Node
from scripts.support.worlds.world import World

LARGEST_FACTOR = 200
"""Of a model's two factors: their sum, of which points are made, stays below 256 mostly."""


class ProductWorld(World):
    """A world with a judge."""

    product = ProductJudge()
    """What points are made by; the contracts decide by it where it is their judge, too."""

    judge: Judge | None = product

    @cached_property
    def _records(self) -> dict[bytes, list[bytes]]:
        """Records of parts that were made, by the secret that they follow from."""
        return {}

    # ---- data ------------------------------------------------------------------------------------

    def sample_records(self, node: Node, round_number: int, part: int) -> list[bytes]:
        """The records of a part's samples: two switches, and what every model earns alike."""
        secret = node.secret("samples", round_number, part)
        if secret not in self._records:
            dice = np.random.default_rng(list(secret))
            samples = dice.integers(0, (2, 2, 9, 256), (self.parameters.samples_per_part, 4))
            self._records[secret] = [bytes(sample) for sample in samples.tolist()]
        return self._records[secret]

    def samples_root(self, node: Node) -> bytes:
        return samples_root(self._part_roots(node, self.collecting))

    def _part_roots(self, node: Node, round_number: int) -> list[bytes]:
        return [
            part_root(self.sample_records(node, round_number, part))
            for part in range(self.parameters.parts)
        ]

    def test_sample(self, place: int, sample: int) -> tuple[int, bytes, SamplePath]:
        """A test sample of the round in competition, by place in D and number.

        Returns:
            The number of its data transaction, its record, and the way to the samples root.
        """
        closed, registry = self.rounds.closed_round(self.competing), self.reference.data_registry
        index = positions(closed.data_set)[place]
        test_parts = registry.test_parts(self.competing, index)
        at = sample_place(test_parts, sample, self.parameters.samples_per_part)
        node = self.data_at(self.competing, index).node
        records = self.sample_records(node, self.competing, at.part)
        roots = self._part_roots(node, self.competing)
        return index, records[at.index], sample_path(records, at.index, roots, at.part)

    # ---- models ----------------------------------------------------------------------------------

    def model_file(self, skill: int, copy_of: Node | None, *, is_malformed: bool) -> bytes:
        """Two factors: the skill, and some luck; a variant has one that is hardly another."""
        if is_malformed:
            return bytes(2) if skill % 2 else self.randomness(3)
        luck = self.randomness(1)[0] % 32
        if copy_of is not None:
            luck = copy_of.models[self.competing].file[-1]
        return bytes([1 + skill % LARGEST_FACTOR, luck])

    def points(self, model: Model, data_ids: list[bytes]) -> Points | None:
        """What a model earns on the test samples of some data; None: it is malformed."""
        if model.is_malformed:
            return None
        registry = self.reference.data_registry
        numbers = [registry.data[self.competing].ids.index(data_id) for data_id in data_ids]
        records = [
            record
            for number in numbers
            for part in positions(registry.test_parts(self.competing, number))
            for record in self.sample_records(
                self.data_at(self.competing, number).node, self.competing, part
            )
        ]
        return np.array([self.product.points(model.file, record) for record in records], np.uint8)
