"""The relayers that carry a wallet's orders out: which may be asked, and how one is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Final

from offchain.amounts import format_decimal
from offchain.chain.deployment.file import Deployment
from offchain.errors import ConfigurationError, RelayerBusyError, RelayerError
from offchain.node.relayer.order_client import OrderClient, OrderTerms
from offchain.protocol.words.orders import SignedOrder

ATTEMPTS: Final = 5
"""How often a busy relayer is asked."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """A relayer that takes orders, and what it asks for one."""

    client: OrderClient
    terms: OrderTerms

    def hand_over(self, signed: SignedOrder, pause: Callable[[float], None]) -> None:
        """Give it an order, waiting as long as it asks while it is busy.

        Args:
            signed: names it, or nobody.
            pause: waits so many seconds.

        Raises:
            RelayerRefusedError: it does not take the order.
            RelayerBusyError: it stays busy.
            RelayerError: nobody answers: it may have taken the order all the same.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return self.client.pay(signed)
            except RelayerBusyError as error:
                pause(error.seconds)
        return self.client.pay(signed)


@contextmanager
def open_carriers(
    urls: Sequence[str],
    deployment: Deployment,
    highest_fee: int,
    random: Random,
    warn: Callable[[str], None],
    proxy: str | None = None,
) -> Iterator[list[Carrier]]:
    """The relayers among these that serve the deployment for at most ``highest_fee``, by chance.

    Where one of them does not, the others take its place.

    Args:
        urls: their addresses, at least one.
        deployment: what they must serve.
        highest_fee: for one order, in units of 10^-18 tokens.
        random: decides their order.
        warn: is told why one is left out.
        proxy: what they are asked through; None: as the environment says.

    Raises:
        ConfigurationError: an address is none, or all ask for more.
        RelayerError: none answers as it should.
    """
    clients = [OrderClient(url, proxy) for url in dict.fromkeys(urls)]
    try:
        carriers: list[Carrier] = []
        reasons: list[ConfigurationError | RelayerError] = []
        for client in clients:
            try:
                terms = client.terms(deployment.chain_id, deployment.address("ModelChain"))
                _check_fee(client, terms, highest_fee)
            except (ConfigurationError, RelayerError) as error:
                reasons.append(error)
            else:
                carriers.append(Carrier(client, terms))
        if not carriers:
            raise reasons[0]
        for reason in reasons:
            warn(str(reason))
        random.shuffle(carriers)
        yield carriers
    finally:
        for client in clients:
            client.close()


def _check_fee(client: OrderClient, terms: OrderTerms, highest: int) -> None:
    if terms.minimum_fee > highest:
        raise ConfigurationError(
            f"the relayer at {client.url} asks for {format_decimal(terms.minimum_fee)} MCT an "
            f"order, allowed are {format_decimal(highest)}: allow it with --highest-fee, or name "
            "another relayer"
        )
