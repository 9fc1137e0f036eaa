"""Values of the protocol as a verification's checkpoint keeps them."""

from __future__ import annotations

from typing import Final

from offchain.bitcoin import header_chain
from offchain.protocol.reference import attestations, data_registry, disputes, model_transactions
from offchain.protocol.words import dispute_records, records, reward_records, status, transactions
from offchain.protocol.words import disputes as dispute_words
from offchain.value_codec import MalformedValue, ValueCodec
from offchain.verification.full import cases
from offchain.verification.recording import differences

__all__ = ["MalformedValue", "decode_value", "encode_value", "is_plain"]

_CODEC: Final = ValueCodec(
    (
        attestations,
        cases,
        data_registry,
        differences,
        dispute_records,
        dispute_words,
        disputes,
        header_chain,
        model_transactions,
        records,
        reward_records,
        status,
        transactions,
    )
)

is_plain = _CODEC.is_plain
encode_value = _CODEC.encode
decode_value = _CODEC.decode
