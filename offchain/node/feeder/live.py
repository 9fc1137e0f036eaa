"""Relays Bitcoin headers as they come, from any source, through every reorganisation."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

import structlog

from offchain.bitcoin.header_batches import describe
from offchain.bitcoin.rules import Rules
from offchain.chain.follower import FOREIGN_CHAIN
from offchain.chain.reading.relay_view import RelayReader
from offchain.errors import ChainError, ModelChainError
from offchain.headers.next_batch import next_batch
from offchain.node.monitoring.watch import Watch
from offchain.ports import Chain, HeaderSource
from offchain.protocol.words.actions import SubmitHeaders

log = structlog.get_logger()

WAITING: Final = "the next Bitcoin headers"


@dataclass(frozen=True, slots=True)
class FollowingFeeder:
    """Keeps a relay on its source's best chain; the EVM chain's clock is left alone.

    Attributes:
        chain: sends the headers.
        relay: reads what the relay holds.
        source: the headers.
        rules: of the Bitcoin network.
        watch: is told what the chain says.
    """

    chain: Chain
    relay: RelayReader
    source: HeaderSource
    rules: Rules
    watch: Watch | None = None

    def run(self, stopped: threading.Event, pause_seconds: float = 30.0) -> None:
        """Feed until ``stopped``; what fails is tried again.

        Raises:
            WrongChainError, StaleDeploymentError: it is another chain now, or was begun anew.
        """
        while not stopped.is_set():
            try:
                while self.step() and not stopped.is_set():
                    pass
                if self.watch is not None:
                    self.watch.looked(self.chain.status(), (WAITING,))
            except ModelChainError as error:
                if self.watch is not None:
                    self.watch.failed(error)
                self._check_chain()
                log.warning("could not feed, trying again", reason=str(error))
            stopped.wait(pause_seconds)

    def _check_chain(self) -> None:
        """End where the chain is another one now; where it does not answer it is tried again."""
        try:
            self.chain.check()
        except FOREIGN_CHAIN:
            raise
        except ChainError:
            return

    def step(self) -> bool:
        """Relay one batch; returns whether there was any.

        Raises:
            HeaderError: the source cannot be used, its headers break a rule, or the relay cannot
                follow its chain.
            ChainError: the chain cannot be used, or the relay refuses the headers.
        """
        view = self.relay.view()
        batch = next_batch(view, lambda: self.relay.held_hashes(view), self.source, self.rules)
        if batch is None:
            return False
        receipt = self.chain.execute(SubmitHeaders(batch.headers))
        log.info("relayed " + describe(batch), gas=receipt.gas_used)
        return True
