"""What commands print with ``--json``, whole; their schemas are in docs/schemas.json."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offchain.chronicle.answers import Answer
from offchain.chronicle.present import StatusView
from offchain.chronicle.values import BlockView, DataView, NodeView, RoundView


@dataclass(frozen=True, slots=True)
class BlocksPage:
    """``modelchain blocks``: blocks, the newest first, of ``total`` there are."""

    blocks: tuple[BlockView, ...]
    total: int


@dataclass(frozen=True, slots=True)
class BlockPage:
    """``modelchain block N``: a block, and the round that made it."""

    block: BlockView
    round: RoundView


@dataclass(frozen=True, slots=True)
class RoundPage:
    """``modelchain round N``: a round, and its data transactions."""

    round: RoundView
    data: tuple[DataView, ...]


@dataclass(frozen=True, slots=True)
class NodesPage:
    """``modelchain nodes``: all accounts that ever applied or staked."""

    nodes: tuple[NodeView, ...]


@dataclass(frozen=True, slots=True)
class ContractView:
    """A contract of the deployment; ``abi`` is the path of its ABI, None where none is kept."""

    name: str
    address: str
    abi: str | None


@dataclass(frozen=True, slots=True)
class ContractsPage:
    """``modelchain contracts``: the deployment's contracts, with the EVM block before them."""

    chain_id: int
    evm_block: int
    contracts: tuple[ContractView, ...]


PAGES: Final = (
    StatusView,
    Answer,
    BlocksPage,
    BlockPage,
    RoundPage,
    NodesPage,
    ContractsPage,
)
"""All of them."""
