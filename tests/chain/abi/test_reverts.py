"""Reverts as nodes word them, and errors that are none."""

from typing import Any

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from offchain.chain.abi.reverts import decode_revert, revert_of
from offchain.chain.rpc.ethereum import Call, Ethereum
from offchain.chain.rpc.provider import RpcFault
from offchain.errors import RevertedError
from tests.support.servers.scripted_node import Answer, error, scripted_node

ADDRESS = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
WRONG_PHASE = bytes(Web3.keccak(text="WrongPhase(uint8,uint8)")[:4]) + encode(
    ["uint8", "uint8"], [1, 5]
)
NOT_MODEL_CHAIN = bytes(Web3.keccak(text="NotModelChain(address,address)")[:4]) + encode(
    ["address", "address"], [ADDRESS.lower(), ADDRESS.lower()]
)
HEX = "0x" + WRONG_PHASE.hex()
WHY = "0x08c379a0" + encode(["string"], ["why"]).hex()
UNKNOWN = "0xdeadbeef"
HASH = "0x" + "ab" * 32


@pytest.mark.parametrize(
    ("content", "name", "arguments"),
    [
        (WRONG_PHASE, "WrongPhase", (1, 5)),
        (NOT_MODEL_CHAIN, "NotModelChain", (ADDRESS, ADDRESS)),
        (bytes.fromhex(WHY[2:]), "Error", ("why",)),
        (bytes.fromhex("4e487b71") + encode(["uint256"], [0x11]), "Panic", (0x11,)),
        (b"", "", ()),
        (b"\x01\x02", "", (b"\x01\x02",)),
        (b"\xde\xad\xbe\xef", "", (b"\xde\xad\xbe\xef",)),
        (WRONG_PHASE[:-1], "", ()),
        (bytes.fromhex("08c379a0") + b"\xff" * 64, "", ()),
    ],
)
def test_reverts_bytes_become_the_error_they_stand_for(content, name, arguments):
    reverted = decode_revert(content)
    assert (reverted.name, reverted.arguments) == (name, arguments)


def test_a_contracts_words_cannot_steer_a_terminal():
    content = bytes.fromhex("08c379a0") + encode(["string"], ["\x1b[2J\n" + "x" * 10_000])
    assert str(decode_revert(content)).isprintable()
    assert len(str(decode_revert(content))) < 1_100


WORDINGS: dict[str, tuple[int, str, Any, str]] = {
    "geth, reth, erigon": (3, "execution reverted: WrongPhase", HEX, "WrongPhase"),
    "besu": (-32000, "Execution reverted", HEX, "WrongPhase"),
    "geth before data": (-32000, "execution reverted", None, ""),
    "anvil": (3, "execution reverted", HEX.upper().replace("0X", "0x"), "WrongPhase"),
    "openethereum": (-32015, "VM execution error.", f"Reverted {WHY}", "Error"),
    "nethermind of before": (-32015, "VM execution error.", f"Reverted {HEX}", "WrongPhase"),
    "nethermind without bytes": (-32015, "VM execution error.", "Reverted 0x", ""),
    "nethermind in one word": (-32015, "VM execution error.", "revert", ""),
    "ganache 6": (
        -32000,
        "VM Exception while processing transaction: revert",
        {HASH: {"error": "revert", "program_counter": 7, "return": HEX}, "stack": "s"},
        "WrongPhase",
    ),
    "ganache 7": (
        -32000,
        "VM Exception while processing transaction: revert",
        {"hash": HASH, "programCounter": 7, "result": HEX, "reason": "", "message": "revert"},
        "WrongPhase",
    ),
    "hardhat": (
        -32603,
        "VM Exception while processing transaction: reverted",
        {"message": "reverted", "txHash": HASH, "data": HEX},
        "WrongPhase",
    ),
    "hardhat in its sentence": (
        -32603,
        f"reverted with an unrecognized custom error (return data: {HEX})",
        None,
        "WrongPhase",
    ),
    "gateway": (
        -32603,
        "Internal JSON-RPC error.",
        {"code": 3, "message": "execution reverted", "data": HEX},
        "WrongPhase",
    ),
    "gateway of a gateway": (
        -32603,
        "Internal JSON-RPC error.",
        {"code": 3, "message": "execution reverted", "data": {"data": HEX}},
        "WrongPhase",
    ),
    "gateway with the original": (
        -32000,
        "rpc error",
        {"originalError": {"code": 3, "data": HEX, "message": "execution reverted"}},
        "WrongPhase",
    ),
    "gateway of openethereum": (
        -32603,
        "Internal JSON-RPC error.",
        {"error": {"code": -32015, "data": {"originalError": {"data": f"Reverted {HEX}"}}}},
        "WrongPhase",
    ),
    "list": (-32603, "errors", [{"data": {"data": HEX}}], "WrongPhase"),
    "unknown selector": (-32000, "execution reverted", UNKNOWN, ""),
    "unknown selector, unsaid": (-32000, "failed", UNKNOWN, ""),
    "known behind an unknown": (3, "x", {"data": UNKNOWN, "result": HEX}, "WrongPhase"),
    "no bytes": (-32000, "execution reverted", "0x", ""),
    "half a byte": (-32000, "transaction reverted", "0x012", ""),
    "no hexadecimal": (-32000, "transaction reverted", "0xzz", ""),
}


@pytest.mark.parametrize(("code", "reason", "data", "name"), WORDINGS.values(), ids=WORDINGS)
def test_nodes_say_reverted_in_several_ways(code, reason, data, name):
    def answer(request: Any) -> Answer:
        return Answer([error(item, code, reason, data) for item in request])

    with scripted_node(answer) as node, pytest.raises(RpcFault) as caught:
        Ethereum.connect(node.url).calls([Call(ADDRESS, b"")])
    reverted = revert_of(caught.value)
    assert reverted is not None
    assert reverted.name == name


@pytest.mark.parametrize(
    "data",
    [
        None,
        7,
        "hello",
        {"data": None},
        "0x",
        {"data": {"data": {"data": UNKNOWN}}},
        {"hash": HEX},
        {"txHash": HEX, "message": "no"},
        [],
        {},
    ],
)
def test_other_errors_are_no_reverts(data):
    assert revert_of(RpcFault("eth_call", -32000, "nonce too low", data)) is None


@pytest.mark.parametrize("wrap", [lambda data: {"data": data}, lambda data: [data]])
@pytest.mark.parametrize(("depth", "found"), [(1, True), (8, True), (9, False), (100_000, False)])
def test_nesting_is_followed_so_far_and_no_further(wrap, depth, found):
    data: Any = HEX
    for _ in range(depth):
        data = wrap(data)
    reverted = revert_of(RpcFault("eth_call", -32603, "Internal JSON-RPC error.", data))
    assert (reverted is not None and reverted.name == "WrongPhase") is found
    # Else the interpreter frees so deep a thing in one go.
    while isinstance(data, list | dict):
        data = data[0] if isinstance(data, list) else data["data"]


NAMES = st.sampled_from(
    ["data", "return", "result", "error", "originalError", "message", HASH, "x"]
)
TEXTS = st.sampled_from(
    ["0x", HEX, UNKNOWN, WHY, "0xz", f"Reverted {HEX}", "revert", "0x" + "f" * 64]
)
ERRORS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=30,
)


@given(st.integers(-40_000, 40_000), TEXTS | st.text(), ERRORS)
def test_whatever_an_error_holds_it_is_a_revert_or_not(code, reason, data):
    reverted = revert_of(RpcFault("eth_call", code, reason, data))
    assert reverted is None or type(reverted) is RevertedError
    assert str(reverted).isprintable()


def test_an_error_of_many_parts_is_looked_at_in_no_time():
    data = {"data": [{"data": UNKNOWN, f"0x{i:x}": [HASH] * 9} for i in range(100_000)]}
    assert revert_of(RpcFault("eth_call", -32000, "no", data)) is None
