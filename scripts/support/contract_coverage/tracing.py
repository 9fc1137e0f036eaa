"""A chain on which every transaction and call is traced, to see which marks were reached."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from web3 import Web3
from web3.types import RPCEndpoint, RPCResponse

from offchain.toolchain.anvil import Anvil
from scripts.support.chains.evm import GENESIS_TIME, Evm, LocalProvider
from scripts.support.contract_coverage.compiling import read_artifacts
from scripts.support.contract_coverage.places import place_of

HITS = "hits"

_TRACER = {"tracer": "callTracer"}
_TIMEOUT_SECONDS = 120


class TracingProvider(LocalProvider):
    """Sends what it is given, and asks the node afterwards what happened inside."""

    def __init__(self, url: str) -> None:
        super().__init__(url, _TIMEOUT_SECONDS)
        self.reached: set[int] = set()

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        response = super().make_request(method, params)
        self._trace(method, params, response)
        return response

    def make_batch_request(
        self, batch_requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[RPCResponse]:
        responses = cast(list[RPCResponse], super().make_batch_request(batch_requests))
        for (method, params), response in zip(batch_requests, responses, strict=True):
            self._trace(method, params, response)
        return responses

    def _trace(self, method: str, params: Any, response: RPCResponse) -> None:
        # Sent transactions are traced when their receipt is there: before, there is nothing to see.
        if method == "eth_getTransactionReceipt" and response.get("result") is not None:
            self._collect("debug_traceTransaction", [params[0], _TRACER])
        elif method in ("eth_call", "eth_estimateGas"):
            block = params[1] if len(params) > 1 else "latest"
            self._collect("debug_traceCall", [params[0], block, _TRACER])

    def _collect(self, method: str, params: list[Any]) -> None:
        traced = super().make_request(RPCEndpoint(method), params)
        if "result" not in traced:
            raise AssertionError(f"{method}: {traced}")
        self.reached.update(_places(traced["result"]))


def _places(frame: Mapping[str, Any]) -> Iterator[int]:
    """The places that a call and all calls inside of it marked."""
    frames = [frame]
    while frames:
        current = frames.pop()
        place = place_of(current.get("to") or "0x0")
        if place is not None:
            yield place
        frames += current.get("calls", ())


@contextmanager
def traced_evm(folder: Path) -> Iterator[Evm]:
    """A chain for the contracts of a folder that `prepare` filled; at the end hits are written."""
    arguments = ("--disable-code-size-limit",)
    with Anvil(timestamp=GENESIS_TIME, accounts=20, extra_arguments=arguments) as anvil:
        provider = TracingProvider(anvil.url)
        try:
            yield Evm(Web3(provider), read_artifacts(folder))
        finally:
            hits = folder / HITS
            hits.mkdir(exist_ok=True)
            (hits / f"{os.getpid()}.json").write_text(json.dumps(sorted(provider.reached)))
