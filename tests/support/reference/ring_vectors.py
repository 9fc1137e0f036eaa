"""The vectors in tests/vectors/ring_signature.json, which Python and Solidity are both tested with.

``python -m tests.support.reference.ring_vectors`` writes the file anew; a test checks that it is
what this module makes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eth_utils import to_checksum_address

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.ring import (
    RingSignature,
    ShareMessage,
    nullifier,
    ring_prefix,
    scope_tag,
    sign_ring,
    verify_ring,
)
from offchain.crypto.ring_errors import RingSignatureError
from offchain.crypto.secp256k1 import ORDER, ShareKey
from tests.support.reference import ring as reference_ring
from tests.support.reference.curve import x_at_or_above_order, x_off_curve

PATH = Path(__file__).parents[2] / "vectors" / "ring_signature.json"
CONTRACT = to_checksum_address(keccak256(b"ring signature vectors")[12:])
DOMAIN = Domain(31337, CONTRACT)
MINIMUM_RING = 4


@dataclass(frozen=True)
class Case:
    """One signature, and why it is refused (None: it is valid)."""

    name: str
    message: ShareMessage
    ring: tuple[int, ...]
    signature: RingSignature
    minimum_ring: int = MINIMUM_RING
    error: str | None = None
    arguments: tuple[int | bytes, ...] = ()


def secret(label: str) -> int:
    """A scalar in [1, ORDER) made from a label."""
    return int.from_bytes(hashlib.sha512(label.encode()).digest(), "big") % (ORDER - 1) + 1


def fixed_randomness(label: str) -> Callable[[int], bytes]:
    """For vectors only: the same bytes every time."""
    return lambda size: hashlib.shake_256(label.encode()).digest(size)


def share_keys(count: int, label: str = "member") -> list[ShareKey]:
    """Share keys in ascending order of x."""
    keys = [ShareKey(secret(f"{label} {index}")) for index in range(count)]
    return sorted(keys, key=lambda key: key.x)


def message(**changes: object) -> ShareMessage:
    plain = ShareMessage(
        scope=7,
        timestamp=1_700_000_000,
        payload_hash=hashlib.sha256(b"payload").digest(),
        key_commitment=keccak256(b"key commitment"),
        reward_address=to_checksum_address(keccak256(b"reward")[12:]),
    )
    return dataclasses.replace(plain, **changes)


def sign(
    keys: list[ShareKey], signer: int, content: ShareMessage, domain: Domain = DOMAIN
) -> RingSignature:
    ring = [key.x for key in keys]
    return sign_ring(domain, content, ring, keys[signer], fixed_randomness("vectors"))


def valid_cases() -> list[Case]:
    cases = []
    for size, signer in [(1, 0), (2, 1), (4, 0), (4, 3), (8, 5), (11, 10), (16, 7)]:
        keys = share_keys(size)
        ring = tuple(key.x for key in keys)
        name = f"ring of {size}, signer {signer}"
        signature = sign(keys, signer, message())
        cases.append(Case(name, message(), ring, signature, minimum_ring=min(size, MINIMUM_RING)))
    keys = share_keys(4)
    ring = tuple(key.x for key in keys)
    for name, content in {
        "smallest scope and timestamp": message(scope=0, timestamp=0),
        "largest scope and timestamp": message(scope=2**32 - 1, timestamp=2**40 - 1),
        "hashes and address of zeros": message(
            payload_hash=bytes(32),
            key_commitment=bytes(32),
            reward_address=to_checksum_address(bytes(20)),
        ),
    }.items():
        cases.append(Case(name, content, ring, sign(keys, 2, content)))
    return cases


def refused_cases() -> list[Case]:
    """Every line of the specification's list of what must be refused."""
    signer = 3
    keys = share_keys(6)
    key, ring, content = keys[signer], tuple(k.x for k in keys), message()
    good = sign(keys, signer, content)
    cases: list[Case] = []

    def refuse(
        name: str,
        content: ShareMessage = content,
        ring: tuple[int, ...] = ring,
        minimum_ring: int = MINIMUM_RING,
        **changes: object,
    ) -> None:
        signature = dataclasses.replace(good, **changes)
        cases.append(refused(Case(name, content, ring, signature, minimum_ring)))

    def with_key(index: int, x: int) -> tuple[int, ...]:
        return (*ring[:index], x, *ring[index + 1 :])

    def with_response(index: int, value: int) -> tuple[int, ...]:
        return (*good.responses[:index], value, *good.responses[index + 1 :])

    # The ring
    refuse("ring shorter than the minimum", minimum_ring=7)
    refuse("empty ring", ring=(), responses=(), minimum_ring=4)
    refuse("empty ring, no minimum", ring=(), responses=(), minimum_ring=0)
    refuse("ring not sorted", ring=(ring[1], ring[0], *ring[2:]))
    refuse("key twice", ring=with_key(2, ring[1]))
    rotated = good.responses[1:] + good.responses[:1]
    refuse("ring and responses rotated", ring=ring[1:] + ring[:1], responses=rotated)
    refuse("key 0 first", ring=with_key(0, 0))
    refuse("key 0 last", ring=with_key(5, 0))
    refuse("key is the group order", ring=with_key(5, ORDER))
    above = x_at_or_above_order()
    refuse("key at or above the group order, on the curve", ring=with_key(5, above))
    refuse("key is the largest uint256", ring=with_key(5, 2**256 - 1))
    refuse("first key off the curve", ring=with_key(0, x_off_curve()))
    # ecrecover returns nothing: the answer for the member before it must not pass for this one's.
    refuse("later key off the curve", ring=with_key(3, x_off_curve(above=ring[2])))
    refuse("another ring of valid keys", ring=tuple(k.x for k in share_keys(6, "stranger")))
    refuse("one key exchanged", ring=tuple(sorted((*ring[:5], share_keys(1, "stranger")[0].x))))

    # The responses
    refuse("no responses", responses=())
    refuse("one response too few", responses=good.responses[:-1])
    refuse("one response too many", responses=(*good.responses, 1))
    refuse("responses rotated", responses=rotated)
    swapped = (good.responses[1], good.responses[0], *good.responses[2:])
    refuse("responses swapped", responses=swapped)
    refuse("response is the group order", responses=with_response(2, ORDER))
    refuse("response is the largest uint256", responses=with_response(0, 2**256 - 1))
    refuse("last response at or above the group order", responses=with_response(5, ORDER))
    for index in (0, signer, 5):
        changed = (good.responses[index] + 1) % ORDER
        refuse(f"response {index} one higher", responses=with_response(index, changed))
        negated = -good.responses[index] % ORDER
        refuse(f"response {index} negated", responses=with_response(index, negated))

    # The challenge
    start = int.from_bytes(good.challenge, "big")
    for bit in (0, 128, 255):
        changed = (start ^ (1 << bit)).to_bytes(32, "big")
        refuse(f"bit {bit} of the challenge flipped", challenge=changed)
    refuse("challenge 0: ecrecover gets s = 0", challenge=bytes(32))
    refuse("challenge 0 modulo the group order", challenge=ORDER.to_bytes(32, "big"))
    infinity = -start * keys[0].secret % ORDER
    refuse("L at infinity", responses=with_response(0, infinity))
    refuse(
        "R's scalar of N is 0",
        responses=with_response(0, start * scope_tag(DOMAIN, content.scope) % ORDER),
    )

    # The nullifier
    refuse("nullifier 0", nullifier_x=0)
    refuse("nullifier is the group order", nullifier_x=ORDER)
    refuse("nullifier at or above the group order, on the curve", nullifier_x=above)
    refuse("nullifier off the curve", nullifier_x=x_off_curve())
    for v in (0, 1, 26, 29, 255):
        refuse(f"v is {v}", nullifier_v=v)
    refuse("nullifier negated: the other v", nullifier_v=55 - good.nullifier_v)
    neighbour = nullifier(DOMAIN, keys[0], content.scope)
    refuse("nullifier of another member", nullifier_x=neighbour.x, nullifier_v=neighbour.v)
    later = nullifier(DOMAIN, key, content.scope + 1)
    refuse("nullifier of another scope", nullifier_x=later.x, nullifier_v=later.v)
    refuse("nullifier is the public key", nullifier_x=key.x, nullifier_v=27)

    # What is signed
    refuse("another scope", content=message(scope=8))
    refuse("another timestamp", content=message(timestamp=1_700_000_001))
    refuse("another payload", content=message(payload_hash=bytes(32)))
    refuse("another key commitment", content=message(key_commitment=bytes(32)))
    refuse("another reward address", content=message(reward_address=CONTRACT))
    for name, domain in {
        "another contract": Domain(DOMAIN.chain_id, message().reward_address),
        "another chain id": Domain(1, CONTRACT),
    }.items():
        other = sign(keys, signer, content, domain)
        cases.append(refused(Case(f"signed for {name}", content, ring, other)))

    # Attempts to forge
    cases.append(refused(unlinked_case(keys, signer)))
    cases.append(refused(borrowed_ring_case(keys)))
    return cases


def unlinked_case(keys: list[ShareKey], signer: int) -> Case:
    """A member signs with a nullifier that is not its own: the L side closes, the R side not."""
    content, ring = message(), tuple(key.x for key in keys)
    false = nullifier(DOMAIN, ShareKey(secret("a second secret")), content.scope)
    statement = reference_ring.Statement(
        prefix=ring_prefix(DOMAIN, content, ring, false.x, false.v),
        tag=scope_tag(DOMAIN, content.scope),
        ring=ring,
        nullifier=(false.x, false.y),
    )
    others = [secret(f"response {index}") for index in range(len(ring))]
    challenge, responses = reference_ring.sign(
        statement, signer, keys[signer].secret, secret("nonce"), others
    )
    signature = RingSignature(challenge.to_bytes(32, "big"), tuple(responses), false.x, false.v)
    return Case("member with a nullifier that is not its own", content, ring, signature)


def borrowed_ring_case(keys: list[ShareKey]) -> Case:
    """A signature by a key that stands in another ring, shown for this one."""
    stranger = sorted([*share_keys(1, "stranger"), *keys[:5]], key=lambda key: key.x)
    position = stranger.index(share_keys(1, "stranger")[0])
    signature = sign(stranger, position, message())
    ring = tuple(key.x for key in keys)
    return Case("signed by a stranger to the ring", message(), ring, signature)


def refused(case: Case) -> Case:
    """The case with the reason that Python gives; the contract must give the same."""
    try:
        verify_ring(DOMAIN, case.message, case.ring, case.signature, case.minimum_ring)
    except RingSignatureError as error:
        name = type(error).__name__
        return dataclasses.replace(case, error=name, arguments=error.arguments)
    raise AssertionError(f"{case.name!r} was accepted")


def all_cases() -> list[Case]:
    return valid_cases() + refused_cases()


def to_json(cases: list[Case]) -> str:
    """The file's text."""
    document = {
        "about": "Made by tests/support/reference/ring_vectors.py."
        " Numbers and hashes are hexadecimal.",
        "chain_id": DOMAIN.chain_id,
        "contract": DOMAIN.contract,
        "cases": [_case_to_json(case) for case in cases],
    }
    return json.dumps(document, indent=1) + "\n"


def load() -> list[Case]:
    """The cases of the file."""
    document = json.loads(PATH.read_text())
    return [_case_from_json(entry) for entry in document["cases"]]


def _case_to_json(case: Case) -> dict[str, object]:
    content, signature = case.message, case.signature
    return {
        "name": case.name,
        "scope": content.scope,
        "timestamp": content.timestamp,
        "payload_hash": content.payload_hash.hex(),
        "key_commitment": content.key_commitment.hex(),
        "reward_address": content.reward_address,
        "ring": [f"{key:064x}" for key in case.ring],
        "minimum_ring": case.minimum_ring,
        "challenge": signature.challenge.hex(),
        "responses": [f"{response:064x}" for response in signature.responses],
        "nullifier_x": f"{signature.nullifier_x:064x}",
        "nullifier_v": signature.nullifier_v,
        "error": case.error,
        "arguments": [
            {"bytes32": value.hex()} if isinstance(value, bytes) else {"uint256": f"{value:x}"}
            for value in case.arguments
        ],
    }


def _case_from_json(entry: dict) -> Case:
    return Case(
        name=entry["name"],
        message=ShareMessage(
            entry["scope"],
            entry["timestamp"],
            bytes.fromhex(entry["payload_hash"]),
            bytes.fromhex(entry["key_commitment"]),
            entry["reward_address"],
        ),
        ring=tuple(int(key, 16) for key in entry["ring"]),
        signature=RingSignature(
            bytes.fromhex(entry["challenge"]),
            tuple(int(response, 16) for response in entry["responses"]),
            int(entry["nullifier_x"], 16),
            entry["nullifier_v"],
        ),
        minimum_ring=entry["minimum_ring"],
        error=entry["error"],
        arguments=tuple(
            bytes.fromhex(value["bytes32"]) if "bytes32" in value else int(value["uint256"], 16)
            for value in entry["arguments"]
        ),
    )


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(to_json(all_cases()))
