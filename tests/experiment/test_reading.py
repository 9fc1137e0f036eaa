"""Records that many followers share are those that each would read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offchain.experiment.nodes import RecordLog
from offchain.toolchain.anvil import Anvil
from tests.support.chains.node_chain import NodeChain


@pytest.fixture(scope="module")
def node_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeChain]:
    with Anvil(accounts=6) as anvil:
        chain = NodeChain(anvil.url, tmp_path_factory.mktemp("chain"), nodes=3)
        chain.start()
        yield chain


class Counted:
    """A deployment that notes which blocks' records were read."""

    def __init__(self, contracts) -> None:
        self._contracts = contracts
        self.deployment = contracts.deployment
        self.read: list[tuple[int, int]] = []

    def records(self, first, last):
        self.read.append((first, last))
        return self._contracts.records(first, last)


def test_any_range_has_the_chains_own_records_and_no_block_is_read_twice(node_chain):
    contracts = Counted(node_chain.contracts)
    log = RecordLog(contracts)
    first = contracts.deployment.block_number
    last = node_chain.contracts.ethereum.block_number()
    middle = (first + last) // 2
    for start, end in ((first, middle), (first, last), (middle, last), (first + 1, middle)):
        assert log.between(start, end) == list(node_chain.contracts.records(start, end))
    assert len(log.between(first, last)) > 3
    assert contracts.read == [(first, middle), (middle + 1, last)]
    assert log.between(last + 1, last) == []
