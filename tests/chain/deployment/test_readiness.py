"""What would make a chain that never makes a block is found before it is paid for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from offchain.bitcoin.rules import MAXIMUM_FUTURE_SECONDS
from offchain.chain.deployment.readiness import (
    MOST_BEHIND,
    OLDEST_SECONDS,
    CheckpointTooLow,
    HeadersOutOfTime,
    check_clock,
    check_distance,
    check_genesis_accounts,
    last_header_time,
)
from offchain.chain.rpc.ethereum import Ethereum
from offchain.errors import ConfigurationError
from offchain.protocol.words.parameters import ETHER
from offchain.toolchain.anvil import Anvil
from scripts.support.worlds.bitcoin_mining import MinedChain

NOW = int(datetime(2026, 1, 2, 3, 4, tzinfo=UTC).timestamp())


def test_headers_of_about_now_are_taken():
    for seconds in (-OLDEST_SECONDS, 0, MAXIMUM_FUTURE_SECONDS):
        check_clock(NOW + seconds, NOW)


@pytest.mark.parametrize("seconds", [-OLDEST_SECONDS - 1, MAXIMUM_FUTURE_SECONDS + 1])
def test_headers_of_another_time_are_refused_with_both_times(seconds: int):
    with pytest.raises(HeadersOutOfTime, match=r"2026-01-02 03:04 UTC.*MODELCHAIN_HEADERS") as told:
        check_clock(NOW + seconds, NOW)
    assert (told.value.header_time, told.value.chain_time) == (NOW + seconds, NOW)


def test_a_checkpoint_far_below_the_best_header_is_refused():
    checkpoint = MinedChain.start().checkpoint
    check_distance(checkpoint, checkpoint.height + MOST_BEHIND)
    with pytest.raises(CheckpointTooLow, match=f"{MOST_BEHIND + 1} headers below"):
        check_distance(checkpoint, checkpoint.height + MOST_BEHIND + 1)


def test_the_last_headers_time_is_a_checkpoints_time():
    mined = MinedChain.start()
    assert last_header_time(mined.checkpoint) == int.from_bytes(
        mined.checkpoint.headers[-12:-8], "little"
    )


def test_genesis_accounts_with_too_little_are_told_and_contracts_refused():
    rich, poor, contract, delegated = ("0x" + f"{byte:02x}" * 20 for byte in (1, 2, 3, 4))
    with Anvil(accounts=1) as anvil:
        ethereum = Ethereum.connect(anvil.url)
        ethereum.request("anvil_setBalance", rich, hex(ETHER))
        ethereum.request("anvil_setCode", contract, "0x00")
        ethereum.request("anvil_setCode", delegated, "0xef0100" + "05" * 20)
        assert check_genesis_accounts(ethereum, (rich, poor), ETHER) == [poor]
        assert check_genesis_accounts(ethereum, (delegated,), 0) == []
        with pytest.raises(ConfigurationError, match=f"{contract} is a contract"):
            check_genesis_accounts(ethereum, (rich, contract), 0)
        ethereum.close()
