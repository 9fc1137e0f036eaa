"""Attacks on a relayer's room, time and ether, against the parts that bound them."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from offchain.attacks.attack import Attack, Outcome, Tell
from offchain.attacks.worlds.rounds import World
from offchain.node.relayer.admission import verify_signature
from offchain.node.relayer.database import RelayerDatabase
from offchain.node.relayer.limits import BoundedRequests, Bounds
from offchain.node.relayer.queue import RelayerQueue
from offchain.node.relayer.refused import Refused
from offchain.protocol.words.actions import Share

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS = 10
FLOOD = 20_000
"""Requests of the attacker in so many seconds, from one network of addresses."""

HONEST = 20
"""Requests of somebody else meanwhile."""

PLACES = 16
"""Entries that a relayer's queue holds in this attack."""


class _App:
    """Counts what it is asked, by client."""

    def __init__(self) -> None:
        self.asked: dict[str, int] = {}

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        client = scope["client"][0]
        self.asked[client] = self.asked.get(client, 0) + 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


async def _nothing() -> Message:
    return {"type": "http.request", "body": b""}


async def _drop(_: Message) -> None:
    return


def _flooded(make: Callable[[ASGIApp, Callable[[], float]], ASGIApp]) -> tuple[int, int]:
    """Of the attacker's requests, and of the others', how many are worked on."""
    now = [0.0]
    app = _App()
    served = make(app, lambda: now[0])

    async def ask(client: str) -> None:
        scope = {"type": "http", "method": "POST", "path": "/keys", "client": (client, 1)}
        await served(scope, _nothing, _drop)

    async def flood() -> None:
        for number in range(FLOOD):
            now[0] = number * SECONDS / FLOOD
            # One network of IPv6 addresses is one client: whoever has one address has them all.
            await ask(f"2001:db8::{number % 0xFFFF:x}")
            if number % (FLOOD // HONEST) == 0:
                await ask("198.51.100.7")

    asyncio.run(flood())
    honest = app.asked.pop("198.51.100.7", 0)
    return sum(app.asked.values()), honest


def flood(tell: Tell, bounds: Bounds | None = None) -> Outcome:
    """Send a relayer more than it can take: requests, data of strangers, files, members' data."""
    limits = bounds or Bounds()
    allowed = limits.burst + limits.per_second * SECONDS
    tell(f"{FLOOD} requests in {SECONDS} s")
    worked_on, honest = _flooded(lambda app, clock: BoundedRequests(app, limits, clock))
    unbounded, _ = _flooded(lambda app, _: app)

    world = World.create()
    world.start()
    ring = world.chain.membership.ring(world.chain.rounds.collection.epoch)
    stranger = world.join("stranger")
    share = world.sharing(world.players[0])
    tell("data that no member signed, and a member's over and over")
    kept_of_strangers = sum(
        _is_admitted(world, replace(share, challenge=bytes([number]) * 32), ring)
        for number in range(20)
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        RelayerDatabase(Path(folder) / "queue.sqlite") as database,
    ):
        queue = RelayerQueue(database, PLACES)
        step = world.parameters.timestamp_step
        for number in range(2 * PLACES):
            later = share.transaction.timestamp + number * step
            again = world.sharing(world.players[0], timestamp=later)
            if _is_admitted(world, again, ring):
                queue.shares.put(again)
        of_one_member = len(queue.shares)
        tell("members' data until the queue is full")
        for number in range(2 * PLACES):
            name = replace(share.transaction, nullifier_x=number)
            queue.shares.put(replace(share, transaction=name))
        waiting = len(queue.shares)
        unknown = hashlib.sha256(stranger.account.encode()).digest()
        takes_unknown_file = queue.expects(unknown)
    return Outcome(
        worked_on <= allowed
        and honest == HONEST
        and not kept_of_strangers
        and of_one_member == 1
        and waiting == PLACES
        and not takes_unknown_file,
        unbounded > allowed,
        f"of {FLOOD} requests from one network {worked_on} are looked at, and all {honest} of "
        f"somebody else; {kept_of_strangers} data transactions without a member's signature and "
        f"{of_one_member} of one member wait, at most {waiting} in all; unbounded, all {unbounded} "
        "requests are worked on",
        "many networks together fill what there is of work or queue: other relayers are asked",
        {
            "worked_on": worked_on,
            "allowed": int(allowed),
            "others_served": honest,
            "of_one_member": of_one_member,
            "waiting": waiting,
        },
    )


def _is_admitted(world: World, share: Share, ring: tuple[int, ...]) -> bool:
    """Whether a data transaction's signature lets it in."""
    try:
        verify_signature(world.domain, share, ring)
    except Refused:
        return False
    return True


ATTACKS: Final = {
    attack.name: attack
    for attack in (
        Attack(
            "flood",
            "nobody fills a relayer alone, nor makes it pay for what is refused",
            "requests without end, data that no member signed, a member's data over and over",
            "the paper: whoever sends is served",
            flood,
        ),
    )
}
