"""Which keys a signer hides among: three strategies behind one interface.

All see the scope's active keys on a circle that the last partition's seed and the keys themselves
shuffle, so that nobody chose who stands beside whom. Owners are spread evenly over it: among m
owners with equally many keys, any m neighbours belong to different owners.

- `Windows` (default): n neighbours around the signer at a random offset. Every member of a window
  could have signed it with the same probability, and windows overlap, so that rings do not fall
  into islands.
- `Bins`: fixed groups of n. Everybody in a group signs with the same ring.
- `Random`: the paper's algorithm 1. Random keys, unused ones first.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from offchain.crypto.hashing import Domain, keccak256
from offchain.errors import ProtocolError

DEFAULT_RING = 8
"""Members of a ring, where there are keys enough."""

_FRACTION_BITS = 64

RandomBytes = Callable[[int], bytes]
"""Gives as many random bytes as it is asked for."""


class TooFewActiveKeys(ProtocolError):
    """The scope's active keys do not make a ring of the minimum size."""

    def __init__(self, keys: int, minimum: int) -> None:
        super().__init__(
            f"{keys} share keys are active, a ring needs {minimum}: wait until more are leased"
        )
        self.keys = keys
        self.minimum = minimum


class NotAnActiveKey(ProtocolError):
    """A position at which the scope has no active key."""

    def __init__(self, position: int, keys: int) -> None:
        super().__init__(f"no active key at position {position}: there are {keys}")
        self.position = position
        self.keys = keys


@dataclass(frozen=True, slots=True)
class ActiveKey:
    """A share key that is active in a scope. ``position`` is what rings name it by."""

    position: int
    x: int
    owner: str


@dataclass(frozen=True, slots=True)
class Circle:
    """A scope's active keys in the order of their circle.

    ``places[position]`` is the place on it of the key that rings name by ``position``.
    """

    keys: tuple[ActiveKey, ...]
    places: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.keys)

    def place_of(self, position: int) -> int:
        """Where on the circle a key stands; `NotAnActiveKey` if there is none."""
        if not 0 <= position < len(self.places):
            raise NotAnActiveKey(position, len(self.places))
        return self.places[position]

    def arc(self, start: int, count: int) -> list[ActiveKey]:
        """``count`` neighbours from a place on, around the end."""
        return [self.keys[(start + i) % len(self.keys)] for i in range(count)]


def make_circle(model_chain: Domain, seed: bytes, keys: Sequence[ActiveKey]) -> Circle:
    """Shuffle the active keys by a seed, each owner's spread evenly.

    An owner's keys are ordered by H("circle", shuffle, x) and put at equal distances, beginning at
    H("circle", shuffle, owner): everybody computes the same circle. The shuffle is
    H("circle", seed, keccak256 of all keys with their owners): until the next round opens keys may
    be leased after the seed is known, and each that is leased moves all others, so that no key can
    be made for a place beside another.

    Args:
        model_chain: ModelChain's domain.
        seed: of the last partition of the round before the scope; for round 1 the start's.
        keys: the active keys, each at the index of its position.
    """
    everybody = keccak256(
        b"".join(
            key.x.to_bytes(32, "big") + bytes.fromhex(key.owner[2:])
            for key in sorted(keys, key=lambda key: key.position)
        )
    )
    shuffle = model_chain.hash("circle", ("bytes32", "bytes32"), (seed, everybody))
    owned: dict[str, list[tuple[bytes, ActiveKey]]] = defaultdict(list)
    for key in keys:
        rank = model_chain.hash("circle", ("bytes32", "uint256"), (shuffle, key.x))
        owned[key.owner].append((rank, key))
    placed: list[tuple[int, bytes, ActiveKey]] = []
    for owner, ranked in owned.items():
        ranked.sort(key=lambda entry: entry[0])
        rank = model_chain.hash("circle", ("bytes32", "address"), (shuffle, owner))
        phase = int.from_bytes(rank[: _FRACTION_BITS // 8], "big")
        for turn, (_, key) in enumerate(ranked):
            angle = ((turn << _FRACTION_BITS) + phase) // len(ranked)
            placed.append((angle, rank, key))
    placed.sort(key=lambda entry: entry[:2])
    ordered = tuple(key for _, _, key in placed)
    places = [0] * len(ordered)
    for place, key in enumerate(ordered):
        places[key.position] = place
    return Circle(ordered, tuple(places))


@dataclass(frozen=True, slots=True)
class RingSizes:
    """``wanted`` members where there are keys enough; never under ``minimum``, over ``maximum``."""

    wanted: int
    minimum: int
    maximum: int

    def of(self, keys: int) -> int:
        """Size of a ring among so many active keys; `TooFewActiveKeys` if they do not make one."""
        if keys < self.minimum:
            raise TooFewActiveKeys(keys, self.minimum)
        return min(max(self.wanted, self.minimum), self.maximum, keys)


@dataclass(frozen=True, slots=True)
class RingRequest:
    """What a signer asks a strategy for.

    Attributes:
        circle: the scope's active keys.
        own: position of the signer's key.
        sizes: how large the ring is to be.
        used: positions that earlier rings of this scope named.
        randomness: a source of random bytes.
    """

    circle: Circle
    own: int
    sizes: RingSizes
    used: Set[int]
    randomness: RandomBytes


class RingStrategy(ABC):
    """How a signer chooses its ring."""

    @abstractmethod
    def members(self, request: RingRequest) -> list[ActiveKey]:
        """The ring's members in any order, the signer's own key among them.

        Raises:
            NotAnActiveKey: ``own`` is no active key's position.
            TooFewActiveKeys: fewer keys are active than the smallest ring needs.
        """

    def select(self, request: RingRequest) -> list[ActiveKey]:
        """`members` ascending by key, as rings stand on chain."""
        return sorted(self.members(request), key=lambda key: key.x)


class Windows(RingStrategy):
    """Neighbours on the circle around the signer, at a random offset."""

    def members(self, request: RingRequest) -> list[ActiveKey]:
        """See `RingStrategy.members`."""
        circle = request.circle
        place, size = circle.place_of(request.own), request.sizes.of(len(circle))
        return circle.arc(place - random_below(size, request.randomness), size)


class Bins(RingStrategy):
    """The signer's group of the circle cut into groups of nearly equal size."""

    def members(self, request: RingRequest) -> list[ActiveKey]:
        """See `RingStrategy.members`."""
        circle, sizes, keys = request.circle, request.sizes, len(request.circle)
        place, size = circle.place_of(request.own), sizes.of(keys)
        groups = max(keys // size, -(-keys // sizes.maximum))
        group = place * groups // keys
        start, end = -(-group * keys // groups), -(-(group + 1) * keys // groups)
        # Where no cut fits between the smallest and the largest ring, neighbouring groups overlap.
        return circle.arc(start, max(end - start, sizes.minimum))


class Random(RingStrategy):
    """The paper's algorithm 1: random members, those that no ring has named yet first."""

    def members(self, request: RingRequest) -> list[ActiveKey]:
        """See `RingStrategy.members`."""
        circle = request.circle
        own = circle.keys[circle.place_of(request.own)]
        size = request.sizes.of(len(circle))
        return get_pkg(circle, own, size, request.used, request.randomness)


def get_pkg(
    circle: Circle, own: ActiveKey, size: int, used: Set[int], randomness: RandomBytes
) -> list[ActiveKey]:
    """A group of public keys by the paper's algorithm 1, under its names.

    ``PK`` are all public keys, ``UPK`` those that no ring used yet. The group is filled from UPK at
    random, and from the rest of PK when UPK runs out.
    """
    others = [key for key in circle.keys if key.position != own.position]
    UPK = [key for key in others if key.position not in used]  # noqa: N806
    PK = [key for key in others if key.position in used]  # noqa: N806
    group = [own]
    for pool in (UPK, PK):
        while pool and len(group) < size:
            group.append(pool.pop(random_below(len(pool), randomness)))
    return group


STRATEGIES: dict[str, RingStrategy] = {"windows": Windows(), "bins": Bins(), "paper": Random()}
"""All strategies by the names that settings know them by."""


def random_below(bound: int, randomness: RandomBytes) -> int:
    """A uniformly random integer in [0, bound), by throwing away draws that favour some."""
    size = (bound.bit_length() + 7) // 8 + 1
    limit = (1 << 8 * size) // bound * bound
    while True:
        draw = int.from_bytes(randomness(size), "big")
        if draw < limit:
            return draw % bound
