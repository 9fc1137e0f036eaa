"""The vectors in tests/vectors/ring_signature.json, which Python and Solidity are both tested with.

``python -m tests.support.reference.ring_vectors`` writes the file anew; a test checks that it is
what this module makes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from eth_utils import to_checksum_address

from offchain.crypto.hashing import Domain, keccak256
from offchain.crypto.ring import (
    MAXIMUM_RING,
    Nullifier,
    RingSignature,
    nullifier,
    ring_prefix,
    scope_tag,
    sign_ring,
    verify_ring,
)
from offchain.crypto.ring_errors import RingSignatureError
from offchain.crypto.secp256k1 import ORDER, ShareKey
from tests.support.reference import ring as reference_ring
from tests.support.reference.curve import lift, x_at_or_above_order, x_off_curve

PATH = Path(__file__).parents[2] / "vectors" / "ring_signature.json"
CONTRACT = to_checksum_address(keccak256(b"ring signature vectors")[12:])
DOMAIN = Domain(31337, CONTRACT)
SCOPE = 7
MESSAGE = keccak256(b"message")


@dataclass(frozen=True)
class Case:
    """One signature, and why it is refused (None: it is valid)."""

    name: str
    scope: int
    message: bytes
    nullifier: Nullifier
    ring: tuple[int, ...]
    signature: RingSignature
    error: str | None = None
    arguments: tuple[int | bytes, ...] = ()

    def verify(self) -> None:
        """Check the signature; raises RingSignatureError."""
        verify_ring(DOMAIN, self.scope, self.message, self.nullifier, self.ring, self.signature)


def secret(label: str) -> int:
    """A scalar in [1, ORDER) made from a label."""
    return int.from_bytes(hashlib.sha512(label.encode()).digest(), "big") % (ORDER - 1) + 1


def share_keys(count: int, label: str = "member") -> list[ShareKey]:
    """Share keys in ascending order of x."""
    keys = [ShareKey(secret(f"{label} {index}")) for index in range(count)]
    return sorted(keys, key=lambda key: key.x)


def xs(keys: list[ShareKey]) -> tuple[int, ...]:
    """The ring of the keys."""
    return tuple(key.x for key in keys)


def signed(
    name: str,
    keys: list[ShareKey],
    signer: int,
    scope: int = SCOPE,
    message: bytes = MESSAGE,
    domain: Domain = DOMAIN,
) -> Case:
    """A valid case."""
    own = nullifier(domain, keys[signer], scope)
    signature = sign_ring(domain, scope, message, xs(keys), keys[signer])
    return Case(name, scope, message, own, xs(keys), signature)


def valid_cases() -> list[Case]:
    sizes = [(2, 0), (2, 1), (4, 0), (4, 3), (8, 5), (16, 7), (MAXIMUM_RING, 127)]
    cases = [
        signed(f"ring of {size}, signer {signer}", share_keys(size), signer)
        for size, signer in sizes
    ]
    keys = share_keys(4)
    cases.append(signed("smallest scope", keys, 2, scope=0))
    cases.append(signed("largest scope", keys, 2, scope=2**256 - 1))
    cases.append(signed("message of zeros", keys, 2, message=bytes(32)))
    return cases


def refused_cases() -> list[Case]:
    """Every line of the specification's list of what must be refused."""
    signer = 3
    keys = share_keys(6)
    key = keys[signer]
    valid = signed("valid", keys, signer)
    ring, good, own = valid.ring, valid.signature, valid.nullifier
    cases: list[Case] = []

    def refuse(name: str, **changes: object) -> None:
        signature = dataclasses.replace(
            good,
            **{part: changes.pop(part) for part in ("challenge", "responses") if part in changes},
        )
        cases.append(refused(dataclasses.replace(valid, name=name, signature=signature, **changes)))

    def with_key(index: int, x: int) -> tuple[int, ...]:
        return (*ring[:index], x, *ring[index + 1 :])

    def with_response(index: int, value: int) -> tuple[int, ...]:
        return (*good.responses[:index], value, *good.responses[index + 1 :])

    # The ring
    refuse("empty ring", ring=(), responses=())
    refuse("ring of one", ring=ring[:1], responses=good.responses[:1])
    refuse("ring longer than the maximum", ring=xs(share_keys(MAXIMUM_RING + 1)))
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
    # Only the last key is compared with the group order: no other may slip through.
    refuse("first key is the group order", ring=with_key(0, ORDER))
    refuse("key before the last at or above the group order", ring=with_key(4, above))
    refuse("two keys at or above the group order", ring=(*ring[:4], ORDER, ORDER + 1))
    refuse("first key off the curve", ring=with_key(0, x_off_curve()))
    # ecrecover returns nothing: the answer for the member before it must not pass for this one's.
    refuse("later key off the curve", ring=with_key(3, x_off_curve(above=ring[2])))
    refuse("another ring of valid keys", ring=xs(share_keys(6, "stranger")))
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
        flipped = (start ^ (1 << bit)).to_bytes(32, "big")
        refuse(f"bit {bit} of the challenge flipped", challenge=flipped)
    refuse("challenge 0: ecrecover gets s = 0", challenge=bytes(32))
    refuse("challenge 0 modulo the group order", challenge=ORDER.to_bytes(32, "big"))
    infinity = -start * keys[0].secret % ORDER
    refuse("L at infinity", responses=with_response(0, infinity))
    refuse(
        "R's scalar of N is 0",
        responses=with_response(0, start * scope_tag(DOMAIN, SCOPE) % ORDER),
    )

    # The nullifier
    refuse("nullifier 0", nullifier=Nullifier(0, own.v))
    refuse("nullifier is the group order", nullifier=Nullifier(ORDER, own.v))
    refuse("nullifier at or above the group order, on the curve", nullifier=Nullifier(above, own.v))
    refuse("nullifier off the curve", nullifier=Nullifier(x_off_curve(), own.v))
    for v in (0, 1, 26, 29, 255, 2**255 + 27):
        refuse(f"v is {v}", nullifier=Nullifier(own.x, v))
    refuse("nullifier negated: the other v", nullifier=Nullifier(own.x, 55 - own.v))
    refuse("nullifier of another member", nullifier=nullifier(DOMAIN, keys[0], SCOPE))
    refuse("nullifier of another scope", nullifier=nullifier(DOMAIN, key, SCOPE + 1))
    refuse("nullifier is the public key", nullifier=Nullifier(key.x, 27))

    # What is signed
    refuse("another scope", scope=SCOPE + 1)
    refuse("another message", message=bytes(32))
    for name, domain in {
        "another deployment": Domain(DOMAIN.chain_id, to_checksum_address(bytes(19) + b"1")),
        "another chain id": Domain(1, CONTRACT),
    }.items():
        cases.append(refused(signed(f"signed for {name}", keys, signer, domain=domain)))

    # Attempts to forge
    cases.append(refused(unlinked_case(keys, signer)))
    cases.append(refused(borrowed_ring_case(keys)))
    return cases


def unlinked_case(keys: list[ShareKey], signer: int) -> Case:
    """A member signs with a nullifier that is not its own: the L side closes, the R side not."""
    ring = xs(keys)
    false = nullifier(DOMAIN, ShareKey(secret("a second secret")), SCOPE)
    statement = reference_ring.Statement(
        prefix=ring_prefix(DOMAIN, SCOPE, MESSAGE, false, ring),
        tag=scope_tag(DOMAIN, SCOPE),
        ring=ring,
        nullifier=lift(false.x, odd=false.v == 28),
    )
    others = [secret(f"response {index}") for index in range(len(ring))]
    challenge, responses = reference_ring.sign(
        statement, signer, keys[signer].secret, secret("nonce"), others
    )
    signature = RingSignature(challenge.to_bytes(32, "big"), tuple(responses))
    name = "member with a nullifier that is not its own"
    return Case(name, SCOPE, MESSAGE, false, ring, signature)


def borrowed_ring_case(keys: list[ShareKey]) -> Case:
    """A signature by a key that stands in another ring, shown for this one."""
    stranger = share_keys(1, "stranger")[0]
    others = sorted([stranger, *keys[:5]], key=lambda key: key.x)
    case = signed("signed by a stranger to the ring", others, others.index(stranger))
    return dataclasses.replace(case, ring=xs(keys))


def refused(case: Case) -> Case:
    """The case with the reason that Python gives; the contract must give the same."""
    try:
        case.verify()
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
    return {
        "name": case.name,
        "scope": f"{case.scope:x}",
        "message": case.message.hex(),
        "nullifier_x": f"{case.nullifier.x:064x}",
        "nullifier_v": f"{case.nullifier.v:x}",
        "ring": [f"{key:064x}" for key in case.ring],
        "challenge": case.signature.challenge.hex(),
        "responses": [f"{response:064x}" for response in case.signature.responses],
        "error": case.error,
        "arguments": [
            {"bytes32": value.hex()} if isinstance(value, bytes) else {"uint256": f"{value:x}"}
            for value in case.arguments
        ],
    }


def _case_from_json(entry: dict) -> Case:
    return Case(
        name=entry["name"],
        scope=int(entry["scope"], 16),
        message=bytes.fromhex(entry["message"]),
        nullifier=Nullifier(int(entry["nullifier_x"], 16), int(entry["nullifier_v"], 16)),
        ring=tuple(int(key, 16) for key in entry["ring"]),
        signature=RingSignature(
            bytes.fromhex(entry["challenge"]),
            tuple(int(response, 16) for response in entry["responses"]),
        ),
        error=entry["error"],
        arguments=tuple(
            bytes.fromhex(value["bytes32"]) if "bytes32" in value else int(value["uint256"], 16)
            for value in entry["arguments"]
        ),
    )


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(to_json(all_cases()))
