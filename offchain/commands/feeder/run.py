"""What ``python offchain/feeder.py`` does once its options are read."""

from __future__ import annotations

import time

import structlog

from offchain.chain.checkpoint import Memory
from offchain.chain.follower import ChainFollower
from offchain.chain.reading.relay_view import RelayReader
from offchain.chain.rpc.development_clock import DevelopmentClock
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain, open_contracts, open_heads
from offchain.commands.options import FEEDER_ACCOUNT
from offchain.commands.watched import watched
from offchain.config import Settings
from offchain.errors import NotDevelopmentChainError
from offchain.headers.next_batch import next_batch
from offchain.headers.recorded import RecordedHeaders
from offchain.headers.source import open_source, recorded_file
from offchain.node.feeder.live import FollowingFeeder
from offchain.node.feeder.replay import ReplayingFeeder
from offchain.node.feeder.schedule import ReplaySchedule
from offchain.node.monitoring.watch import Watch
from offchain.ports import HeaderSource
from offchain.programs.ending import work_until_stopped
from offchain.programs.running import stop_on_signals
from offchain.protocol.deciding.retention import Retention

log = structlog.get_logger()


def run_feeder(
    settings: Settings,
    *,
    number: AccountName | None,
    recorded: bool,
    nodes: int | None,
    patience: float,
    pause: float,
    metrics_port: int | None,
) -> None:
    """Relay headers until it is stopped; options as in `offchain.feeder`.

    With ``recorded`` the settings must name recorded headers.

    Raises:
        ModelChainError: the feeder cannot start.
    """
    if recorded:
        recorded_file(settings.headers)
    contracts = open_contracts(settings.rpc, settings.deployment)
    found = contracts.deployment
    account = load_account(settings, number, found.chain_id, FEEDER_ACCOUNT)
    heads = open_heads(settings.websocket, contracts)
    chain = Web3Chain(contracts, account, FeePolicy(settings.maximum_fee), heads=heads)
    source = open_source(settings.headers, found.rules, settings.bitcoin_cookie)
    stopped = stop_on_signals()
    clock = clock_to_move(contracts.ethereum, source)
    relay = RelayReader(contracts.ethereum, found.address("BitcoinRelay"))
    watch = Watch(time.monotonic)
    monitoring = watched(metrics_port, "feeder", contracts, chain.account, watch)
    if clock is None:
        asked = watch if metrics_port is not None else None
        following = FollowingFeeder(chain, relay, source, found.rules, asked)
        with monitoring:
            work_until_stopped(lambda: following.run(stopped, pause), stopped)
        return
    # Headers of another chain than the relay's are said at once, not when the nodes wait for them.
    view = relay.view()
    next_batch(view, lambda: relay.held_hashes(view), source, found.rules)
    replaying = ReplayingFeeder(
        chain,
        ChainFollower(chain, found.domain(), found.block_number, Memory(Retention(chain.account))),
        source,
        clock,
        found.relay,
        ReplaySchedule(contracts.parameters, nodes, patience),
        time.monotonic,
        watch,
    )
    with monitoring:
        work_until_stopped(lambda: replaying.run(stopped), stopped)


def clock_to_move(ethereum: Ethereum, source: HeaderSource) -> DevelopmentClock | None:
    """The clock of a development chain on which recorded headers are replayed; else None."""
    if not isinstance(source, RecordedHeaders):
        log.info("headers are relayed as they come, the chain's clock is left alone")
        return None
    try:
        return DevelopmentClock(ethereum)
    except NotDevelopmentChainError as error:
        log.info("headers are relayed as they come", reason=str(error))
        return None
