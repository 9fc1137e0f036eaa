"""What ``python offchain/relayer.py`` does once its options are read."""

from __future__ import annotations

import random
import threading
import time
from contextlib import closing

import structlog
import uvicorn

from offchain.amounts import parse_decimal
from offchain.chain.follower import ChainFollower
from offchain.chain.rpc.ethereum import Ethereum
from offchain.chain.rpc.provider import BoundedProvider
from offchain.chain.sending.accounts import AccountName, load_account
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.web3_chain import Web3Chain, open_contracts, open_heads
from offchain.commands.options import KEEP_ROUNDS, LIVE_CONFIRMATIONS, RELAYER_ACCOUNT, polling
from offchain.commands.watched import watched
from offchain.config import Settings
from offchain.errors import RelayerError
from offchain.node.assembly import journal_file, memory_beside
from offchain.node.flights import Flights
from offchain.node.kept_files import KeptFiles
from offchain.node.monitoring.watch import Watch
from offchain.node.relayer.app import make_app
from offchain.node.relayer.database import DurableOutbox, RelayerDatabase
from offchain.node.relayer.health import Health, chain_probe
from offchain.node.relayer.limits import Bounds
from offchain.node.relayer.mixing import DEVELOPMENT_SECONDS, Mixer, Timing
from offchain.node.relayer.orders import OrderDesk
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.sending import AT_ONCE
from offchain.node.relayer.service import RelayerService, keep_working
from offchain.node.relayer.serving import ImpatientProtocol, bind, serve_until_stopped
from offchain.programs.running import stop_on_signals
from offchain.protocol.deciding.retention import Retention
from offchain.storage.location import open_store
from offchain.strangers.http_address import redacted
from offchain.toolchain.anvil import DEVELOPMENT_CHAIN_ID

log = structlog.get_logger()

HEALTH_SECONDS = 3.0
"""How long the chain may take to answer for /healthz."""

SENDING_SECONDS = 2.0
"""How long what is being sent is waited for at the end: all of it is on disk."""

CONNECTIONS = 256
"""Connections at a time, slow ones included; more get a 503."""


def run_relayer(
    settings: Settings,
    *,
    number: AccountName | None,
    mixing: float | None,
    queue: int,
    client_burst: int,
    client_rate: float,
    behind_proxy: bool,
    minimum_balance: str,
    poll: float | None,
    confirmations: int | None,
    order_fee: str,
    metrics_port: int | None,
    keep_rounds: int = KEEP_ROUNDS,
) -> None:
    """Bring others' transactions on chain until it is stopped; options as in `offchain.relayer`.

    Raises:
        ModelChainError: the relayer cannot start, or it ended by an error of its own.
    """
    least_balance, least_fee = parse_decimal(minimum_balance), parse_decimal(order_fee)
    with bind(settings.relayer) as listener:
        contracts = open_contracts(settings.rpc, settings.deployment)
        found = contracts.deployment
        account = load_account(settings, number, found.chain_id, RELAYER_ACCOUNT)
        file = journal_file(
            settings.state / "relayer",
            found.genesis_hash,
            found.address("ModelChain"),
            account.address,
        )
        opened = open_store(settings.store, for_writing=True)
        kept = KeptFiles(opened, file.with_suffix(".kept"), keep_rounds)
        with RelayerDatabase(file) as database, closing(kept):
            chain = Web3Chain(
                contracts,
                account,
                FeePolicy(settings.maximum_fee),
                DurableOutbox(database),
                open_heads(settings.websocket, contracts),
            )
            waiting = RelayerQueue(database, queue)
            # Who carries out orders for nothing asks who ever had a reward.
            retention = Retention(chain.account, rewards=least_fee == 0)
            memory = memory_beside(file, found.genesis_hash, retention)
            is_development = found.chain_id == DEVELOPMENT_CHAIN_ID
            if mixing is None and is_development:
                mixing = DEVELOPMENT_SECONDS
            if confirmations is None:
                confirmations = 0 if is_development else LIVE_CONFIRMATIONS
            service = RelayerService(
                chain,
                kept,
                ChainFollower(chain, found.domain(), found.block_number, memory),
                found.domain(),
                waiting,
                Timing(chain.parameters, mixing, time.monotonic),
                Mixer(random.SystemRandom()),
                OrderDesk(contracts, chain, waiting.orders, least_fee, confirmations=confirmations),
                confirmations,
                Flights(AT_ONCE),
            )
            watching = Ethereum(
                BoundedProvider(settings.rpc, timeout_seconds=HEALTH_SECONDS, attempts=1)
            )
            health = Health(
                service.depth,
                service.work_log,
                chain_probe(watching, chain.account),
                least_balance,
                time.monotonic,
            )
            bounds = Bounds(burst=client_burst, per_second=client_rate)
            server = uvicorn.Server(
                uvicorn.Config(
                    make_app(service, health, time.monotonic, bounds),
                    http=ImpatientProtocol,
                    log_level="warning",
                    access_log=False,
                    lifespan="off",
                    proxy_headers=behind_proxy,
                    limit_concurrency=CONNECTIONS,
                )
            )
            stopped = stop_on_signals()
            pause = poll or polling(is_development=is_development)
            watch = Watch(time.monotonic)
            sending = threading.Thread(
                target=keep_working, args=(service, stopped, pause, watch), daemon=True
            )
            with watched(
                metrics_port,
                "relayer",
                contracts,
                chain.account,
                watch,
                further=health.report,
                depths=service.depth,
                dropped=service.dropped,
            ):
                sending.start()
                log.info(
                    "the relayer listens", url=redacted(settings.relayer), account=chain.account
                )
                serve_until_stopped(server, listener, stopped)
            stopped.set()
            sending.join(SENDING_SECONDS)
    if service.work_log.foreign is not None:
        raise service.work_log.foreign
    if service.work_log.broken:
        raise RelayerError("the relayer ended by an error in itself: read its log; nothing is lost")
    log.info("stopped")
