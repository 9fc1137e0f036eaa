"""Files of the digits task that a stranger may share: what chokes libraries, and what is sound."""

from __future__ import annotations

from offchain.learning.exact.integer_network import DIGITS_FAMILY, MODEL_METADATA, encode_model
from offchain.learning.formats.digits import PAYLOAD_METADATA
from tests.support.random_networks import random_network
from tests.support.tampering.hostile_files import poison, poisonous_shapes


def poisonous_payload() -> bytes:
    """A payload of 200 bytes without samples, in the shape that libraries choke on."""
    return poison(("images", "labels"), PAYLOAD_METADATA, poisonous_shapes()[0])


def poisonous_model() -> bytes:
    """A model file of empty layers, in the shape that libraries choke on."""
    return poison(DIGITS_FAMILY.tensor_names, MODEL_METADATA, poisonous_shapes()[1])


def sound_model() -> bytes:
    """A model file that passes every check."""
    return encode_model(random_network())
