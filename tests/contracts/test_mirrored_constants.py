"""A number that stands in the contracts' code and in Python is the same in both."""

from __future__ import annotations

import re

import pytest

from offchain.bitcoin import checkpoint, header, rules, target
from offchain.crypto import hashing, merkle, ring, secp256k1
from offchain.learning.exact import (
    integer_layer,
    integer_network,
    judge_gas,
    table_network,
    text_network,
)
from offchain.learning.formats import digits, table, tensor_file, texts
from offchain.protocol.rules import bindings, draw, standing
from offchain.protocol.words import disputes, parameters
from offchain.toolchain.artifacts import SOURCE_FOLDER

MIRRORED = {
    "BitcoinHeader.EPOCH_BLOCKS": target.EPOCH_BLOCKS,
    "BitcoinHeader.EPOCH_SECONDS": target.EPOCH_SECONDS,
    "BitcoinHeader.MAXIMUM_ADJUSTMENT": target.MAXIMUM_ADJUSTMENT,
    "BitcoinHeader.SIZE": header.HEADER_SIZE,
    "BitcoinRelay.HIGHEST_CHECKPOINT": checkpoint.HIGHEST_CHECKPOINT,
    "BitcoinRelay.MAXIMUM_FUTURE_SECONDS": rules.MAXIMUM_FUTURE_SECONDS,
    "BitcoinRelay.MINIMUM_VERSION": rules.MINIMUM_VERSION,
    "MedianTimePast.WINDOW": target.MEDIAN_BLOCKS,
    "MerkleTree.EMPTY_ROOT": merkle.EMPTY_ROOT,
    "RingSignatures.EVEN_Y_V": secp256k1.EVEN_Y_V,
    "RingSignatures.MAXIMUM_RING": ring.MAXIMUM_RING,
    "RingSignatures.MINIMUM_RING": ring.MINIMUM_RING,
    "RingSignatures.ORDER": secp256k1.ORDER,
    "ShareKeys.EVEN_Y_V": secp256k1.EVEN_Y_V,
    "DigitsModel.CLASSES": digits.CLASSES,
    "ModelFile.ACTIVATION_MAXIMUM": integer_layer.ACTIVATION_MAXIMUM,
    "ModelFile.EXACT_BOUND": integer_network.EXACT_BOUND,
    "ModelFile.LENGTH_BYTES": tensor_file.LENGTH_BYTES,
    "ModelFile.MAXIMUM_SHIFT": integer_layer.MAXIMUM_SHIFT,
    "TableEvaluation.ACTIVATION_MAXIMUM": integer_layer.ACTIVATION_MAXIMUM,
    "TableEvaluation.FULL_POINTS": table_network.NUMBER_POINTS,
    "TableEvaluation.VALUE_BYTES": table.VALUE_BYTES,
    "TableModel.MAXIMUM_BINS": table_network.MAXIMUM_BINS,
    "TableModel.MAXIMUM_UNITS": table_network.MAXIMUM_UNITS,
    "TextEvaluation.HASH_OFFSET": text_network.FNV_OFFSET,
    "TextEvaluation.HASH_PRIME": text_network.FNV_PRIME,
    "TextEvaluation.LENGTH_BYTES": texts.LENGTH_BYTES,
    "TextEvaluation.MEAN_UNIT": text_network.MEAN_UNIT,
    "TextJudgingGas.MAXIMUM_GAS": judge_gas.MAXIMUM_JUDGING_GAS,
    "TextModel.LEAST_BUCKETS": text_network.BUCKETS[0],
    "TextModel.MAXIMUM_UNITS": text_network.MAXIMUM_UNITS,
    "TextModel.MOST_BUCKETS": text_network.BUCKETS[1],
    "DigitsModel.MAXIMUM_BYTES": parameters.MAXIMUM_MODEL_BYTES,
    "ImageJudge.RECORD_BYTES": digits.RECORD_BYTES,
    "JudgingGas.HEADER_BYTES": judge_gas.HEADER_BYTES,
    "JudgingGas.MAXIMUM_FILE_BYTES": parameters.MAXIMUM_MODEL_BYTES,
    "JudgingGas.MAXIMUM_GAS": judge_gas.MAXIMUM_JUDGING_GAS,
    "DataRegistry.MAXIMUM_DATA": parameters.LARGEST_RING,
    "ModelTransactions.MAXIMUM_FILE": parameters.MAXIMUM_MODEL_BYTES,
    "DisputeLedger.MAXIMUM_OTHERS": disputes.MAXIMUM_OTHER_QUESTIONS,
    "PackedRows.BASIS_POINTS": parameters.BASIS_POINTS,
    "PackedRows.HASH": hashing.HASH_BYTES,
    "PackedRows.NUMBER": bindings.DISTANCE_BYTES,
    "PackedRows.PLACE": bindings.PLACE_BYTES,
    "SamplePoints.WORD": bindings.WORD_BYTES,
    "TrimmedSums.NUMBER": bindings.DISTANCE_BYTES,
    "Attestations.NEW_FRACTION": standing.NEW_FRACTION,
    "Standing.MAXIMUM": standing.MAXIMUM_STANDING,
    "Draw.ROUNDS": draw.ROUNDS,
    "Draw.LEAST_DIGITS": draw.LEAST_DIGITS,
    "Judging.BASIS_POINTS": parameters.BASIS_POINTS,
    "Pots.BASIS_POINTS": parameters.BASIS_POINTS,
    "Fading.BASIS_POINTS": parameters.BASIS_POINTS,
    "TokenOrders.DAY": parameters.DAY_SECONDS,
    "ProtocolParameters.BASIS_POINTS": parameters.BASIS_POINTS,
    "ProtocolParameters.DAY": parameters.DAY_SECONDS,
    "ProtocolParameters.EPOCH_BLOCKS": target.EPOCH_BLOCKS,
    "ProtocolParameters.LARGEST_AMOUNT": parameters.LARGEST_AMOUNT,
}

# How the contracts lay out their storage, memory and code, which nothing outside sees; hashes of
# tags and of a type, which tests compare with the messages that they stand in; other names of the
# above.
SOLIDITY_ALONE = re.compile(
    r"DataRegistry\.NUMBER_BITS|ModelChain\.PHASE_BITS|CodeStorage\.MAXIMUM_WORDS"
    r"|Statements\.(HEAD|ROW)|PackedRows\.ROOT|SamplePoints\.(ONES|BYTES|HALVES)|MedianTimePast\.MIDDLE|RingSignatures\.(AREA_BYTES|PREIMAGE\w*)"
    r"|ModelFile\.(ONES|HIGHEST|DIGITS)|(First|Second|Third)Convolution\.\w+|Convolution\.MEMORY"
    r"|Products\.BLOCK|Lanes\.\w+|(Table|Text)Words\.\w+"
    r"|TextEvaluation\.(WORD|CHUNK|SIGNS|EVEN_BYTES)"
    r"|Tags\.\w+|BitcoinRelay\.(EPOCH_BLOCKS|WINDOW)"
)

DECLARATION = re.compile(r"^ +\w+ (?:public|private|internal) constant (\w+) =\s*([^;]+);", re.M)


def declared() -> dict[str, str]:
    """The constants of the deployed contracts, ``Contract.NAME``, as they are written."""
    return {
        f"{source.stem}.{name}": text
        for source in SOURCE_FOLDER.rglob("*.sol")
        if "test" not in source.relative_to(SOURCE_FOLDER).parts
        for name, text in DECLARATION.findall(source.read_text())
    }


def value(text: str) -> int | bytes:
    """What a Solidity expression of the kinds in use comes to."""
    if found := re.fullmatch(r"type\(uint(\d+)\)\.max(?: / (\d+))?", text):
        return (2 ** int(found[1]) - 1) // int(found[2] or 1)
    if found := re.fullmatch(r"(\d+) days", text):
        return int(found[1]) * parameters.DAY_SECONDS
    if found := re.fullmatch(r'keccak256\("(.*)"\)', text):
        return hashing.keccak256(found[1].encode())
    if found := re.fullmatch(r"(\d+) << (\d+)", text):
        return int(found[1]) << int(found[2])
    return int(text, 0)


def test_every_constant_of_the_contracts_is_compared_or_is_theirs_alone() -> None:
    others = {name for name in declared() if not SOLIDITY_ALONE.fullmatch(name)}
    assert others == set(MIRRORED)


@pytest.mark.parametrize("name", MIRRORED)
def test_a_constant_is_the_same_in_python_as_in_solidity(name: str) -> None:
    assert value(declared()[name]) == MIRRORED[name]
