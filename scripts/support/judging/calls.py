"""A judge on a chain of its own, asked without transactions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from eth_abi.abi import decode, encode
from eth_typing import HexStr
from eth_utils.crypto import keccak
from numpy.typing import NDArray
from web3 import Web3
from web3.types import RPCEndpoint

from scripts.support.chains.evm import Evm, error_registry

ADDRESS = "0x" + "5a" * 20
HARNESS_ADDRESS = "0x" + "5c" * 20
METER = "0x" + "5b" * 20
CALL_GAS = 1 << 26

_BEFORE_A_FILE = 4 + 32 + 32
"""Bytes of call data: selector, offset, length."""

_METER_CODE = f"0x365f5f375a60205f365f73{ADDRESS[2:]}5afa5a905090035f5260205ff3"
"""Passes its call data on to the judge, and returns what gas that took."""


class Judge:
    """The code of a judge or its harness, or of a copy with a fault, at a fixed address."""

    def __init__(self, evm: Evm, code: bytes, address: str = ADDRESS) -> None:
        self._evm = evm
        self._address = address
        evm.request("anvil_setCode", address, Web3.to_hex(code))
        evm.request("anvil_setCode", METER, _METER_CODE)

    def points(self, model: bytes, record: bytes) -> int:
        """What a model earns on a sample; raises `RevertedError`."""
        (points,) = self._ask("points(bytes,bytes)", ["bytes", "bytes"], [model, record], ["uint8"])
        return int(points)

    def is_well_formed(self, model: bytes, behind: bytes | None = None) -> bool:
        """Whether a file is a model; raises `RevertedError`.

        ``behind`` are other bytes of the call data, right behind the file, instead of zeros.
        """
        data = _call_data("isWellFormed(bytes)", ["bytes"], [model])
        if behind is not None:
            data = data[: _BEFORE_A_FILE + len(model)] + behind
        (verdict,) = decode(["bool"], self._returned(data))
        return bool(verdict)

    def logits(self, model: bytes, image: NDArray[np.uint8], gas: int = CALL_GAS) -> list[int]:
        """The logits of an image, of the harness alone; raises `RevertedError`.

        The image comes as in a record, with a label that is none.
        """
        record = image.tobytes() + b"\xff"
        data = _call_data("logits(bytes,bytes)", ["bytes", "bytes"], [model, record])
        (logits,) = decode(["int256[10]"], self._returned(data, gas))
        return list(logits)

    def sums(self, model: bytes, record: bytes) -> list[int]:
        """The last layer's sums of a row or a text, of the harness alone; `RevertedError`."""
        signature, types = "sums(bytes,bytes)", ["bytes", "bytes"]
        (sums,) = self._ask(signature, types, [model, record], ["int256[]"])
        return list(sums)

    def words(self) -> tuple[int, ...]:
        """The words of its task that it was deployed with."""
        (words,) = self._ask("words()", [], [], ["int256[]"])
        return tuple(words)

    def text_gas(self, *sizes: int) -> int:
        """The bound of gas of the harness for texts alone: text, file, units, hidden, labels."""
        types = ["uint256"] * len(sizes)
        (gas,) = self._ask(f"judgingGas({','.join(types)})", types, list(sizes), ["uint256"])
        return int(gas)

    def bounds(self, channels: list[int]) -> tuple[int, int, bool]:
        """The bounds of gas and file, and whether a shape is within; of the harness alone."""
        found = self._ask(
            "bounds(uint256[4])", ["uint256[4]"], [channels], ["uint256", "uint256", "bool"]
        )
        return int(found[0]), int(found[1]), bool(found[2])

    def gas_of_points(self, model: bytes, record: bytes) -> tuple[int, int]:
        """What a transaction that asks for points takes: by its work, and by its call data at most.

        The first has every byte of call data at the price of its value, and no floor.
        """
        data = _call_data("points(bytes,bytes)", ["bytes", "bytes"], [model, record])
        used = int(self._request(METER, data), 16)
        zeros = data.count(0)
        rest = len(data) - zeros
        return 21_000 + 4 * zeros + 16 * rest + used, 21_000 + 10 * zeros + 40 * rest

    def _ask(
        self, signature: str, types: list[str], arguments: list[Any], returned: list[str]
    ) -> Any:
        return decode(returned, self._returned(_call_data(signature, types, arguments)))

    def _returned(self, data: bytes, gas: int = CALL_GAS) -> bytes:
        return Web3.to_bytes(hexstr=HexStr(self._request(self._address, data, gas)))

    def _request(self, to: str, data: bytes, gas: int = CALL_GAS) -> str:
        call = {"to": to, "data": Web3.to_hex(data), "gas": hex(gas)}
        response = self._evm.provider.make_request(RPCEndpoint("eth_call"), [call, "latest"])
        if "error" in response:
            found: Any = response["error"].get("data")
            data = Web3.to_bytes(hexstr=HexStr(found)) if isinstance(found, str) else b""
            if len(data) % 32 not in (0, 4):
                raise ValueError(f"{len(data)} bytes of an error: no selector with whole words")
            raise error_registry().decode(data)
        return str(response["result"])


def runtime_code(evm: Evm, name: str, *arguments: object) -> bytes:
    """The code that a compiled contract has on chain, deployed with its constructor's arguments."""
    address = evm.deploy(name, *arguments).address
    return bytes(evm.w3.eth.get_code(address))


def _call_data(signature: str, types: list[str], arguments: list[Any]) -> bytes:
    return _selector(signature) + encode(types, arguments)


@functools.cache
def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:4]
