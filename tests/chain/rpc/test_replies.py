"""Values of a node's replies: only what the JSON-RPC specification allows gets in."""

from typing import Any

import pytest

from offchain.chain.rpc import replies
from offchain.chain.rpc.provider import RpcReplyError

HASH = "0x" + "ab" * 32
ADDRESS = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"  # EIP-55's first example

BLOCK: dict[str, Any] = {
    "number": "0x10",
    "hash": HASH,
    "timestamp": "0x65000000",
    "gasLimit": "0x1c9c380",
    "baseFeePerGas": "0x7",
}
LOG: dict[str, Any] = {
    "address": ADDRESS,
    "topics": [HASH],
    "data": "0x1234",
    "blockNumber": "0x10",
    "logIndex": "0x0",
    "removed": False,
}
RECEIPT: dict[str, Any] = {
    "transactionHash": HASH,
    "blockNumber": "0x10",
    "gasUsed": "0x5208",
    "status": "0x1",
    "contractAddress": None,
    "logs": [LOG],
}


@pytest.mark.parametrize(
    ("text", "value"), [("0x0", 0), ("0x1f", 31), ("0x" + "f" * 64, 2**256 - 1)]
)
def test_quantity_is_read(text, value):
    assert replies.quantity("m", text) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        1,
        1.5,
        True,
        "",
        "0x",
        "1",
        "-0x1",
        "0x-1",
        "0xg",
        "0x1_0",
        "0x 1",
        "0x" + "f" * 65,
        [],
        {},
    ],
)
def test_what_is_no_quantity_is_refused(value):
    with pytest.raises(RpcReplyError, match="quantity"):
        replies.quantity("m", value)


def test_data_is_read():
    assert replies.data("m", "0x") == b""
    assert replies.data("m", "0x00ff") == b"\x00\xff"
    assert replies.data("m", HASH, 32) == b"\xab" * 32


@pytest.mark.parametrize("value", [None, 1, "", "00", "0x0", "0xzz", "0x 0 0", "0x0 00", []])
def test_what_is_no_data_is_refused(value):
    with pytest.raises(RpcReplyError, match="bytes"):
        replies.data("m", value)


@pytest.mark.parametrize("size", [31, 33])
def test_data_of_another_size_is_refused(size):
    with pytest.raises(RpcReplyError, match="32 bytes"):
        replies.data("m", "0x" + "00" * size, 32)


def test_block_log_and_receipt_are_read():
    block = replies.block_header("m", BLOCK)
    assert (block.number, block.timestamp, block.base_fee) == (16, 0x65000000, 7)
    assert replies.block_header("m", {**BLOCK, "baseFeePerGas": None}).base_fee is None
    log = replies.log("m", LOG)
    assert (log.topics, log.data, log.block_number, log.timestamp) == (
        (b"\xab" * 32,),
        b"\x12\x34",
        16,
        None,
    )
    assert log.address == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert replies.log("m", {**LOG, "blockTimestamp": "0x9"}).timestamp == 9
    receipt = replies.receipt("m", RECEIPT)
    assert (receipt.gas_used, receipt.succeeded, receipt.contract) == (21000, True, None)
    assert receipt.logs == (log,)
    assert not replies.receipt("m", {**RECEIPT, "status": "0x0"}).succeeded


@pytest.mark.parametrize(
    ("written", "contract"),
    [(None, None), ("0x", None), (ADDRESS, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")],
)
def test_receipt_names_a_contract_only_where_one_was_created(written, contract):
    assert replies.receipt("m", {**RECEIPT, "contractAddress": written}).contract == contract
    without = {name: value for name, value in RECEIPT.items() if name != "contractAddress"}
    assert replies.receipt("m", without).contract is None


@pytest.mark.parametrize("written", ["", "0x0", "0x00", "0", False, 0, [], {}, "0x" + "00" * 32])
def test_what_is_no_contract_address_is_refused(written):
    with pytest.raises(RpcReplyError):
        replies.receipt("m", {**RECEIPT, "contractAddress": written})


@pytest.mark.parametrize("read", [replies.block_header, replies.log, replies.receipt])
@pytest.mark.parametrize("value", [None, [], "0x", 1])
def test_what_is_no_object_is_refused(read, value):
    with pytest.raises(RpcReplyError, match="object"):
        read("m", value)


@pytest.mark.parametrize(
    ("read", "good", "field"),
    [
        (read, good, field)
        for read, good, skipped in (
            (replies.block_header, BLOCK, {"baseFeePerGas"}),
            (replies.log, LOG, {"removed"}),
            (replies.receipt, RECEIPT, {"contractAddress"}),
        )
        for field in good
        if field not in skipped
    ],
)
def test_object_that_lacks_a_field_is_refused(read, good, field):
    with pytest.raises(RpcReplyError):
        read("m", {name: value for name, value in good.items() if name != field})


@pytest.mark.parametrize(
    "change",
    [
        {"topics": [HASH] * 5},
        {"topics": HASH},
        {"topics": ["0x12"]},
        {"removed": True},
        {"removed": "yes"},
        {"address": "0x12"},
        {"data": "0x1"},
        {"blockTimestamp": 7},
    ],
)
def test_malformed_log_is_refused(change):
    with pytest.raises(RpcReplyError):
        replies.log("m", {**LOG, **change})


@pytest.mark.parametrize(
    "change",
    [{"logs": None}, {"logs": {}}, {"logs": [None]}, {"contractAddress": "0x12"}, {"status": 1}],
)
def test_malformed_receipt_is_refused(change):
    with pytest.raises(RpcReplyError):
        replies.receipt("m", {**RECEIPT, **change})
