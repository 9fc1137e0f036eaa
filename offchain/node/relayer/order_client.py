"""A relayer as holders of tokens see it, who have orders carried out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from eth_utils.address import is_checksum_address

from offchain.errors import RelayerError
from offchain.node.relayer.connection import RelayerConnection
from offchain.node.relayer.order_wire import encode_order
from offchain.protocol.words.orders import SignedOrder
from offchain.strangers.foreign_text import printable


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """What a relayer asks for carrying out an order, and the account that it does so with."""

    relayer: str
    minimum_fee: int


class OrderClient:
    """A relayer over HTTP.

    Args:
        url: its address.
        proxy: what it is asked through; None: as the environment says.

    Raises:
        ConfigurationError: the address is no http or https URL, or the proxy is none.
    """

    def __init__(self, url: str, proxy: str | None = None) -> None:
        self._connection = RelayerConnection(url, proxy)

    @property
    def url(self) -> str:
        """The address as it may be shown."""
        return self._connection.url

    def terms(self, chain_id: int, model_chain: str) -> OrderTerms:
        """What the relayer asks for an order.

        Raises:
            RelayerRefusedError: it carries out no orders.
            RelayerError: nobody answers, the answer is none, or it serves another deployment.
        """
        try:
            terms = json.loads(self._connection.get("/orders"))
            found = terms["chainId"], terms["modelChain"]
            relayer, fee = terms["relayer"], terms["minimumFee"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise RelayerError(f"the relayer at {self.url} names no terms for orders") from error
        if not isinstance(found[0], int) or not isinstance(found[1], str):
            raise RelayerError(f"the relayer at {self.url} names no terms for orders")
        if found != (chain_id, model_chain):
            raise RelayerError(
                f"the relayer at {self.url} serves model chain {printable(found[1], 60)} on chain "
                f"{str(found[0])[:20]}, not {model_chain} on chain {chain_id}"
            )
        known = isinstance(relayer, str) and is_checksum_address(relayer)
        if not known or not isinstance(fee, str) or not re.fullmatch(r"[0-9]{1,78}", fee):
            raise RelayerError(f"the relayer at {self.url} names no usable terms for orders")
        return OrderTerms(relayer, int(fee))

    def pay(self, signed: SignedOrder) -> None:
        """Hand over a signed order; raises as `RelayerConnection.post`."""
        self._connection.post("/orders", encode_order(signed))

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()
