"""Recorded mainnet headers on chain: both retargets, and the old target after one."""

import pytest

from offchain.bitcoin.rules import MAINNET
from offchain.config import RECORDED_HEADERS
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import read_checkpoint
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.relays import ContractRelay, PythonRelay, Setup


@pytest.fixture(scope="module")
def source() -> RecordedHeaders:
    return RecordedHeaders(RECORDED_HEADERS, MAINNET)


def setup_at(source: RecordedHeaders, height: int) -> Setup:
    checkpoint = read_checkpoint(source, height, MAINNET)
    return Setup.of(MAINNET, checkpoint, ring_size=200, maximum_batch=144)


@pytest.mark.parametrize(("boundary", "bits"), [(824544, 0x1703D869), (826560, 0x1704005A)])
def test_a_retarget_of_mainnet_is_exact_on_chain(
    evm: Evm, source: RecordedHeaders, boundary: int, bits: int
) -> None:
    setup = setup_at(source, boundary - 20)
    contract, python = ContractRelay(evm, setup), PythonRelay(setup)
    for start, count in ((boundary - 19, 18), (boundary - 1, 36), (boundary + 35, 144)):
        batch = b"".join(source.headers(start, count))
        assert contract.submit(batch) == python.submit(batch)
    state = contract.state()
    assert state == python.state()
    assert state.epoch[0] == bits
    heights = state.lowest_height, state.best_height
    assert contract.headers(*heights) == python.headers(*heights)


def test_the_old_target_after_a_retarget_of_mainnet_is_refused(
    evm: Evm, source: RecordedHeaders
) -> None:
    contract = ContractRelay(evm, setup_at(source, 824543))
    raw = source.headers(824544, 1)[0]
    old = raw[:72] + (0x1703E8B3).to_bytes(4, "little") + raw[76:]
    with reverts("WrongBits", 824544, 0x1703D869, 0x1703E8B3):
        contract.submit(old)
