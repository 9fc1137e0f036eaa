"""What a relay refuses to be deployed with, and what it starts from."""

from dataclasses import replace
from typing import Any

import pytest

from offchain.bitcoin.checkpoint import Checkpoint
from offchain.bitcoin.errors import BadCheckpointHeight
from offchain.bitcoin.header import BlockHeader, hash_number
from offchain.bitcoin.rules import REGTEST
from offchain.bitcoin.target import EPOCH_BLOCKS, target_from_bits
from scripts.support.chains.evm import Evm
from scripts.support.chains.relays import ContractRelay, MakeRelay, RelayState, Setup, refuses
from scripts.support.worlds.bitcoin_mining import (
    RETARGETING,
    START_TIME,
    MinedChain,
    mine,
    spoil_work,
)

BITS = 0x207FFFFF


@pytest.fixture(scope="module")
def chain() -> MinedChain:
    """The 11 headers of a regtest checkpoint at height 50."""
    return MinedChain.start(height=50)


@pytest.fixture
def setup(chain: MinedChain) -> Setup:
    """A set-up that is fine as it is."""
    return Setup.of(REGTEST, chain.checkpoint)


def headers_with(chain: MinedChain, index: int, header: BlockHeader) -> bytes:
    """Return the checkpoint's headers with one of them replaced, links left as they were."""
    raw = chain.checkpoint.headers
    return raw[: 80 * index] + header.serialise() + raw[80 * (index + 1) :]


def test_a_relay_starts_with_its_checkpoint_alone(make_relay: MakeRelay, setup: Setup) -> None:
    relay = make_relay(setup)
    block_hash = BlockHeader.parse(setup.checkpoint.headers[-80:]).hash()
    assert relay.state() == RelayState(50, block_hash, 49, 50, 50, (BITS, START_TIME))
    median = START_TIME + 5 * 600
    assert relay.header(50) == (block_hash[:24], START_TIME + 10 * 600, median)
    for height in (40, 49, 51):
        with refuses("HeightNotHeld", height, 50, 50):
            relay.decision_time(height)


def test_the_contract_shows_what_it_was_deployed_with(evm: Evm, setup: Setup) -> None:
    relay = ContractRelay(evm, replace(setup, confirmations=7, buffer_seconds=61))
    views = relay.contract.functions
    assert views.powLimit().call() == 2**255 - 1
    assert views.noRetargeting().call() is True
    assert views.ringSize().call() == 40
    assert views.maximumBatch().call() == 20
    assert views.confirmations().call() == 7
    assert views.bufferSeconds().call() == 61
    assert views.checkpointHeight().call() == 50
    assert views.tip().call() == 43


@pytest.mark.parametrize(
    ("change", "error", "arguments"),
    [
        ({"pow_limit": 0}, "BadPowLimit", (0, 2**255 - 1)),
        ({"pow_limit": 2**255}, "BadPowLimit", (2**255, 2**255 - 1)),
        (
            {"pow_limit": 2**254, "no_retargeting": False},
            "BadPowLimit",
            (2**254, 2**254 - 1),
        ),
        ({"maximum_batch": 0}, "BadMaximumBatch", (0, 2016)),
        ({"maximum_batch": 2017}, "BadMaximumBatch", (2017, 2016)),
        ({"ring_size": 30}, "RingTooSmall", (30, 31)),
        ({"confirmations": 51}, "TooManyConfirmations", (51, 50)),
        (
            {"buffer_seconds": START_TIME + 3001},
            "BufferTooLong",
            (START_TIME + 3001, START_TIME + 3000),
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_settings_out_of_range_are_refused(
    make_relay: MakeRelay,
    setup: Setup,
    change: dict[str, Any],
    error: str,
    arguments: tuple[int, ...],
) -> None:
    with refuses(error, *arguments):
        make_relay(replace(setup, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"pow_limit": 2**255 - 1},
        {"ring_size": 31},
        {"maximum_batch": 1, "ring_size": 12},
        {"maximum_batch": 2016, "ring_size": 2027},
        {"confirmations": 50},
        {"confirmations": 0},
        {"buffer_seconds": START_TIME + 3000},
        {"buffer_seconds": 0},
    ],
    ids=str,
)
def test_settings_at_the_end_of_their_range_are_accepted(
    make_relay: MakeRelay, setup: Setup, change: dict[str, Any]
) -> None:
    setup = replace(setup, **change)
    relay = make_relay(setup)
    assert relay.state().tip == 50 - setup.confirmations
    assert relay.decision_time(50) == START_TIME + 3000 - setup.buffer_seconds


@pytest.mark.parametrize("height", [0, 9, 2**31, 2**32 - 1])
def test_a_checkpoint_height_out_of_range_is_refused(
    make_relay: MakeRelay, setup: Setup, height: int
) -> None:
    with refuses("BadCheckpointHeight", height, 10, 2**31 - 1):
        make_relay(replace(setup.with_checkpoint(height=height), confirmations=0))


def test_a_checkpoint_is_not_read_below_the_eleventh_block(chain: MinedChain) -> None:
    with pytest.raises(BadCheckpointHeight):
        Checkpoint.read(9, lambda height: chain.raw(height, 1))


@pytest.mark.parametrize("length", [0, 80, 879, 881, 960])
def test_a_checkpoint_of_another_length_is_refused(
    make_relay: MakeRelay, setup: Setup, length: int
) -> None:
    headers = (setup.checkpoint.headers * 2)[:length]
    with refuses("BadCheckpointLength", length, 880):
        make_relay(setup.with_checkpoint(headers=headers))


def test_a_checkpoint_whose_headers_do_not_link_is_refused(
    make_relay: MakeRelay, setup: Setup, chain: MinedChain
) -> None:
    other = mine(replace(chain.header(44), merkle_root=bytes(32)))
    with refuses("BrokenLink", 45, other.hash(), chain.hash(44)):
        make_relay(setup.with_checkpoint(headers=headers_with(chain, 4, other)))


@pytest.mark.parametrize("index", [0, 10])
def test_a_checkpoint_header_without_work_is_refused(
    make_relay: MakeRelay, setup: Setup, chain: MinedChain, index: int
) -> None:
    bad = spoil_work(chain.header(40 + index))
    with refuses("InsufficientWork", 40 + index, hash_number(bad.hash()), target_from_bits(BITS)):
        make_relay(setup.with_checkpoint(headers=headers_with(chain, index, bad)))


@pytest.mark.parametrize("bits", [0x20800000, 0x21010000, 0x00123456, 0], ids=hex)
def test_a_checkpoint_target_that_no_block_can_have_is_refused(
    make_relay: MakeRelay, setup: Setup, chain: MinedChain, bits: int
) -> None:
    bad = replace(chain.header(40), bits=bits)
    with refuses("InvalidBits", bits):
        make_relay(setup.with_checkpoint(headers=headers_with(chain, 0, bad)))


def test_a_checkpoint_of_an_easier_network_is_refused(make_relay: MakeRelay, setup: Setup) -> None:
    with refuses("TargetAboveLimit", 40, target_from_bits(BITS), 2**224 - 1):
        make_relay(replace(setup, pow_limit=2**224 - 1))


def test_a_checkpoint_whose_target_changes_inside_an_epoch_is_refused(
    make_relay: MakeRelay, setup: Setup, chain: MinedChain
) -> None:
    bad = replace(chain.header(45), bits=0x207FFFFE)
    with refuses("WrongBits", 45, BITS, 0x207FFFFE):
        make_relay(setup.with_checkpoint(headers=headers_with(chain, 5, bad)))


class TestAcrossAnEpochsStart:
    """A checkpoint in which an epoch starts."""

    START_INDEX = 6

    @staticmethod
    def chain(*, no_retargeting: bool) -> MinedChain:
        rules = replace(RETARGETING, no_retargeting=no_retargeting)
        return MinedChain.start(
            rules, height=EPOCH_BLOCKS + 4, epoch_start_time=START_TIME - 10**6, target=2**250
        )

    @pytest.mark.parametrize("no_retargeting", [False, True])
    def test_it_is_accepted_with_the_time_of_the_epochs_first_header(
        self, make_relay: MakeRelay, no_retargeting: bool
    ) -> None:
        chain = self.chain(no_retargeting=no_retargeting)
        old_bits, new_bits = chain.header(EPOCH_BLOCKS - 1).bits, chain.header(EPOCH_BLOCKS).bits
        assert (old_bits == new_bits) == no_retargeting
        relay = make_relay(Setup.of(chain.rules, chain.checkpoint))
        assert relay.state().epoch == (new_bits, START_TIME + self.START_INDEX * 600)

    def test_another_start_time_is_refused(self, make_relay: MakeRelay) -> None:
        chain = self.chain(no_retargeting=False)
        setup = Setup.of(chain.rules, chain.checkpoint).with_checkpoint(epoch_start_time=7)
        with refuses("EpochStartMismatch", EPOCH_BLOCKS, 7, START_TIME + self.START_INDEX * 600):
            make_relay(setup)

    def test_a_target_that_changes_is_refused_where_none_may(self, make_relay: MakeRelay) -> None:
        chain = self.chain(no_retargeting=False)
        setup = replace(Setup.of(chain.rules, chain.checkpoint), no_retargeting=True)
        old_bits, new_bits = chain.header(EPOCH_BLOCKS - 1).bits, chain.header(EPOCH_BLOCKS).bits
        with refuses("WrongBits", EPOCH_BLOCKS, old_bits, new_bits):
            make_relay(setup)
