"""Words by which a relayer says why it does not take a message, or dropped it later.

A word is what programs go by; the sentence beside it is for people. Relayer, client, wallet and
tests all take the words from here, and a test compares them with the table in docs/Relayer.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, Self


class RefusalCode(StrEnum):
    """The relayer's words; ``status`` is the HTTP status of a refusal, ``meaning`` says why."""

    status: int
    meaning: str

    def __new__(cls, word: str, status: int, meaning: str) -> Self:
        """A word with its status and meaning."""
        code = str.__new__(cls, word)
        code._value_ = word
        code.status = status
        code.meaning = meaning
        return code

    # Requests
    MALFORMED = "malformed", 400, "the message does not have the form that was agreed on"
    HTTP = "http", 400, "no JSON; 404 and 405: no such place, 408: too slow, 413: too large"
    QUEUE_FULL = "queue-full", 429, "as many entries wait for the chain as may"
    BUSY = "busy", 429, "as many requests are worked on as may be, of all or of this client"
    TOO_MANY_REQUESTS = (
        "too-many-requests",
        429,
        "this client is over its burst or rate, or its places in the queue",
    )
    STORE = "store", 507, "the relayer has no room, or cannot write"
    CHAIN = "chain", 503, "the relayer cannot use the chain"
    # Data transactions
    ROUND = "round", 409, "the round that it names does not collect"
    PARTS = "parts", 422, "it has not as many parts as every one has"
    TIMESTAMP = "timestamp", 422, "no step, before the last partition's decision, or ahead"
    NULLIFIER_USED = "nullifier-used", 409, "another has the nullifier, or waits with it"
    RING_SIGNATURE = "ring-signature", 422, "the signature is none of the epoch's members'"
    # Their files
    UNKNOWN_FILE = "unknown-file", 404, "no data transaction that waits names the file"
    FILE_SIZE = "file-size", 413, "the sealed file is too small or too large"
    FILE_HASH = "file-hash", 422, "the sealed file has another hash"
    # Keys
    UNKNOWN_DATA = "unknown-data", 404, "no such data transaction is on chain"
    PARTITION = "partition", 422, "another partition took the data transaction"
    WRONG_KEYS = "wrong-keys", 422, "they are not the keys that it commits to"
    TOO_EARLY = "too-early", 425, "the time of the keys has not come"
    TOO_LATE = "too-late", 410, "the time of the keys is over"
    # Orders
    NOT_OFFERED = "not-offered", 404, "this relayer carries out no orders"
    WINDOW = "window", 422, "the order ends too soon, or too late"
    OTHER_RELAYER = "other-relayer", 422, "the order names another relayer"
    FEE = "fee", 402, "the fee is less than the relayer asks for"
    NOT_REWARDED = "not-rewarded", 403, "the relayer asks for no fee, and the holder had no reward"
    PARTIAL = "partial", 403, "the relayer asks for no fee, and the order leaves tokens behind"
    ORDER_DONE = "order-done", 409, "the order was carried out, or taken back"
    ORDER_WAITS = "order-waits", 409, "another order of the holder waits"
    REVERTED = "reverted", 422, "the contract refuses it and gives no reason"


class OtherCode(str):
    """A word that is none of `RefusalCode`.

    The name of a contract's custom error, or whatever a relayer says that is not this project's.
    """

    __slots__ = ()


AnyCode = RefusalCode | OtherCode
"""A word for a refusal, known or not."""

_KNOWN: Final[Mapping[str, RefusalCode]] = {code.value: code for code in RefusalCode}

CONTRACT_STATUS: Final = RefusalCode.REVERTED.status
"""HTTP status of a refusal whose word is the name of a contract's custom error."""


def code_of(word: str) -> AnyCode:
    """The code of a word that somebody else said."""
    return _KNOWN.get(word, OtherCode(word))


def revert_code(name: str) -> AnyCode:
    """The code of a revert by its custom error's name, which is empty where there is no reason."""
    return OtherCode(name) if name else RefusalCode.REVERTED
