"""`modelchain wallet claim-data`: rewards move through a real relayer, apart from each other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
from click.testing import Result
from eth_account import Account

from offchain.chain.reading.balances import RewardBalance
from offchain.commands.wallet.claim import NotMovedError, read_addresses
from offchain.errors import ConfigurationError, RelayerError
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.client import OrderTerms, RelayerClient
from offchain.node.relayer.limits import Bounds
from offchain.node.relayer.service import keep_working
from offchain.node.wallet.moves import MoveOutcome, RewardMover, plan_moves
from offchain.refusals import RefusalCode
from tests.support.chains.wallet_place import WalletPlace
from tests.support.servers.served_relayer import ServedRelayer, served_relayer
from tests.support.waiting import PATIENCE_SECONDS

NUMBER = 6
RELAYER = str(account(NUMBER).address)
FRESH = [str(Account.from_key(bytes([n + 1]) * 32).address) for n in range(6)]
TOKEN = 10**18


@contextmanager
def working_relayer(place: WalletPlace, folder: Path, **options) -> Iterator[ServedRelayer]:
    """A relayer that serves and sends, as the program does."""
    contracts = place.world.clients[0].contracts
    stopped = threading.Event()
    with served_relayer(contracts, NUMBER, folder, **options) as served:
        sending = threading.Thread(target=keep_working, args=(served.service, stopped, 0.05))
        sending.start()
        try:
            yield served
        finally:
            stopped.set()
            sending.join(PATIENCE_SECONDS)


def to(*addresses: str) -> list[str]:
    return [part for address in addresses for part in ("--to", address)]


def sources(place: WalletPlace) -> list[str]:
    """The four reward addresses of account 1."""
    return [place.world.secrets(1).reward_address(1, index) for index in range(4)]


def claim(place: WalletPlace, served: ServedRelayer, *arguments: str) -> Result:
    options = ["--account", "1", "--relayer", served.url, "--spread", "0"]
    options += ["--wait", f"{PATIENCE_SECONDS:.0f}"]
    return place.run("claim-data", *options, *arguments)


def test_each_reward_moves_to_an_address_of_its_own_and_no_ether_touches_it(place, tmp_path):
    reward = place.tokens(sources(place)[0])[0]
    assert place.tokens(*sources(place)) == [reward] * 4
    with working_relayer(place, tmp_path) as served:
        result = claim(place, served, *to(*FRESH[:4]))
    assert result.exit_code == 0
    assert place.tokens(*sources(place)) == [0] * 4
    assert place.tokens(*FRESH[:4]) == [reward] * 4
    assert place.world.ethereum.balances([*sources(place), *FRESH[:4]]) == [0] * 8
    # Each in a transaction of its own, all paid by the relayer, none by the account.
    transfers = place.json("history", FRESH[0])["entries"]
    assert len(transfers) == 1
    assert transfers[0]["other"] in sources(place)
    assert "within 0 s" in result.stderr


def test_rewards_without_a_destination_stay_and_move_with_the_next_run(place, tmp_path):
    with working_relayer(place, tmp_path) as served:
        result = claim(place, served, *to(*FRESH[:3]))
        assert result.exit_code == 0
        assert "1 rewards stay where they are" in result.stderr
        assert sorted(token > 0 for token in place.tokens(*sources(place))) == [0, 0, 0, 1]
        assert claim(place, served, "--json", *to(FRESH[3])).exit_code == 0
    assert place.tokens(*sources(place)) == [0] * 4
    assert all(place.tokens(*FRESH[:4]))


def test_one_destination_for_many_must_be_wanted_and_is_warned_of(place, tmp_path):
    with working_relayer(place, tmp_path) as served:
        result = claim(place, served, "--share-destinations", *to(FRESH[0]))
    assert result.exit_code == 0
    assert f"4 rewards go to {FRESH[0]}: everybody will see" in result.stderr
    assert place.tokens(*sources(place)) == [0] * 4


def test_the_own_account_is_no_destination_unless_wanted(place, tmp_path):
    own = place.world.clients[1].account
    with working_relayer(place, tmp_path) as served:
        with pytest.raises(ConfigurationError, match="shows everybody which data"):
            claim(place, served, *to(own))
        assert sum(place.tokens(*sources(place))) > 0
        result = claim(place, served, "--share-destinations", *to(own))
    assert f"rewards go to {own}: everybody will see which data" in result.stderr


def test_an_address_that_was_used_is_warned_of(place):
    used, fresh = place.world.clients[0].account, FRESH[0]
    result = place.run("claim-data", "--account", "1", "--dry-run", *to(used, fresh))
    assert result.exit_code == 0
    assert f"{used} was used before" in result.stderr
    assert fresh not in result.stderr


def test_a_dry_run_shows_the_plan_and_moves_nothing(place):
    before = place.tokens(*sources(place))
    found = place.json("claim-data", "--account", "1", "--dry-run", *to(*FRESH[:3]))
    assert {move["to"] for move in found["moves"]} == set(FRESH[:3])
    assert all(move["outcome"] is None for move in found["moves"])
    assert all(0 <= move["delay"] <= 3_600 for move in found["moves"])
    assert len(found["left"]) == 1
    assert place.tokens(*sources(place)) == before
    table = place.run("claim-data", "--account", "1", "--dry-run", *to(*FRESH[:3])).output
    assert "planned moves" in table
    assert "stays" in table


def test_a_relayers_fee_is_paid_only_as_far_as_allowed(place, tmp_path):
    with working_relayer(place, tmp_path, minimum_fee=TOKEN // 2) as served:
        with pytest.raises(ConfigurationError, match=r"asks for 0\.5 MCT an order, allowed are 0"):
            claim(place, served, *to(*FRESH[:4]))
        reward = place.tokens(sources(place)[0])[0]
        assert claim(place, served, "--highest-fee", "0.5", *to(*FRESH[:4])).exit_code == 0
    assert place.tokens(*FRESH[:4], RELAYER) == [reward - TOKEN // 2] * 4 + [2 * TOKEN]


def test_rewards_below_the_fee_stay_and_the_command_says_so(place, tmp_path):
    with (
        working_relayer(place, tmp_path, minimum_fee=1_000 * TOKEN) as served,
        pytest.raises(NotMovedError, match="does not cover the relayer's fee") as caught,
    ):
        claim(place, served, "--highest-fee", "1000", *to(*FRESH[:4]))
    assert caught.value.count == 4


def test_a_relayer_that_is_down_moves_nothing_and_is_said(place):
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(RelayerError, match="does not answer"):
        place.run("claim-data", "--account", "1", "--relayer", url, *to(*FRESH[:4]))
    assert all(place.tokens(*sources(place)))


def test_orders_that_are_not_carried_out_in_time_are_said(place, tmp_path):
    contracts = place.world.clients[0].contracts
    with served_relayer(contracts, NUMBER, tmp_path) as served:
        with pytest.raises(NotMovedError, match="4 rewards were not moved \\(handed over"):
            claim(place, served, "--wait", "0", *to(*FRESH[:4]))
        assert len(served.queue.orders) == 4
        # They are on their way all the same, and asking again does no harm.
        with pytest.raises(NotMovedError):
            claim(place, served, "--wait", "0", *to(*FRESH[:4]))
        served.work()
    assert place.tokens(*sources(place)) == [0] * 4


def test_nothing_to_move_is_said(place):
    result = place.run("claim-data", "--account", "2", "--dry-run", *to(FRESH[0]))
    assert "No data rewards are there" in result.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "no destination"),
        (to(FRESH[0], FRESH[0]), "is given twice"),
        (to(FRESH[0][:-1]), "no address"),
        (to("0x" + "00" * 20), "zero address"),
        (["--highest-fee", "some", *to(FRESH[0])], "is no amount"),
        (["--to-file", "/nowhere", *to(FRESH[0])], "cannot be read"),
    ],
)
def test_arguments_that_make_no_sense_move_nothing(place, arguments, reason):
    with pytest.raises(ConfigurationError, match=reason):
        place.run("claim-data", "--account", "1", *arguments)


def test_a_reward_address_or_a_contract_is_no_destination(place):
    for address in (sources(place)[0], place.world.deployment.address("RewardForwarder")):
        with pytest.raises(ConfigurationError, match=r"at .* already|is the contract"):
            place.run("claim-data", "--account", "1", *to(address))


def test_destinations_may_come_from_a_file(tmp_path):
    file = tmp_path / "addresses"
    file.write_text(f"# fresh ones\n\n{FRESH[0]}\n  {FRESH[1]}\n")
    assert read_addresses(file) == FRESH[:2]
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="no text of addresses"):
        read_addresses(file)
    file.write_bytes(b"#" * (1 << 20) + b"##")
    with pytest.raises(ConfigurationError, match="larger than"):
        read_addresses(file)


# ---- plans -------------------------------------------------------------------------------------


def rewards(count: int) -> list[RewardBalance]:
    return [RewardBalance(f"reward {n}", 1, n, 5 + n) for n in range(count)]


@pytest.mark.parametrize(("count", "places"), [(0, 3), (1, 1), (3, 3), (5, 2), (2, 6)])
def test_a_destination_gets_one_reward_and_the_rest_stay(count, places):
    plan = plan_moves(
        rewards(count),
        FRESH[:places],
        share_destinations=False,
        spread_seconds=100.0,
        random=Random(7),
    )
    used = [move.destination for move in plan.moves]
    assert len(used) == len(set(used)) == min(count, places)
    moved = [move.reward for move in plan.moves]
    assert sorted([*moved, *plan.left], key=lambda reward: reward.share_key) == rewards(count)
    assert plan.shared == {}
    delays = [move.delay for move in plan.moves]
    assert delays == sorted(delays)
    assert all(0 <= delay <= 100 for delay in delays)


def test_shared_destinations_are_used_evenly_and_counted():
    plan = plan_moves(
        rewards(5), FRESH[:2], share_destinations=True, spread_seconds=0.0, random=Random(7)
    )
    assert sorted(plan.shared.values()) == [2, 3]
    assert plan.left == ()


def test_order_and_pairing_are_drawn_anew_each_time():
    def drawn(seed: int) -> tuple[tuple[str, str], ...]:
        plan = plan_moves(
            rewards(6), FRESH, share_destinations=False, spread_seconds=9.0, random=Random(seed)
        )
        return tuple((move.reward.address, move.destination) for move in plan.moves)

    assert len({drawn(seed) for seed in range(20)}) == 20
    assert drawn(3) == drawn(3)


# ---- the mover ---------------------------------------------------------------------------------


class Clock:
    """Time that passes by pauses."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def mover(place: WalletPlace, served: ServedRelayer, clock: Clock) -> RewardMover:
    contracts = place.world.clients[0].contracts
    terms = OrderTerms(RELAYER, 0)
    client = RelayerClient(served.url)
    return RewardMover(contracts, place.world.secrets(1), client, terms, clock, clock.pause)


def plan_of(place: WalletPlace, spread: float):
    found = [
        RewardBalance(address, 1, index, tokens)
        for index, (address, tokens) in enumerate(
            zip(sources(place), place.tokens(*sources(place)), strict=True)
        )
    ]
    return plan_moves(
        found, FRESH[:4], share_destinations=False, spread_seconds=spread, random=Random(1)
    )


def test_every_order_is_handed_over_at_its_moment(place, tmp_path):
    clock, plan = Clock(), plan_of(place, 1_000.0)
    contracts = place.world.clients[0].contracts
    with served_relayer(contracts, NUMBER, tmp_path) as served:
        moments = []
        for result in mover(place, served, clock).run(plan):
            assert result.outcome is MoveOutcome.WAITING
            moments.append(clock.now)
            assert len(served.queue.orders) == len(moments)
    assert moments == pytest.approx([move.delay for move in plan.moves])


def test_a_busy_relayer_is_asked_again_after_the_time_it_names(place, tmp_path):
    contracts = place.world.clients[0].contracts
    relayers = Clock()
    bounds = Bounds(burst=1, per_second=0.1)
    with served_relayer(
        contracts, NUMBER, tmp_path, bounds=bounds, client_clock=relayers
    ) as served:
        clock = Clock()
        plan = plan_of(place, 0.0)
        results = mover(place, served, clock).run(plan)
        assert next(results).outcome is MoveOutcome.WAITING

        def pause(seconds: float) -> None:
            Clock.pause(clock, seconds)
            relayers.now += seconds

        clock.pause = pause  # type: ignore[method-assign]
        second = mover(place, served, clock)
        assert next(second.run(plan)).outcome is MoveOutcome.WAITING
        assert clock.pauses == [10]


def test_a_relayer_that_stays_busy_or_refuses_keeps_no_other_reward_back(place, tmp_path):
    contracts = place.world.clients[0].contracts
    with served_relayer(contracts, NUMBER, tmp_path, maximum=1) as served:
        clock = Clock()
        results = list(mover(place, served, clock).run(plan_of(place, 0.0)))
        assert [result.outcome for result in results] == [MoveOutcome.WAITING] + [
            MoveOutcome.FAILED
        ] * 3
        assert "busy" in results[1].reason
        served.work()
        again = list(mover(place, served, clock).run(plan_of(place, 0.0)))
        assert sorted(result.outcome.name for result in again) == [
            "FAILED",
            "FAILED",
            "GONE",
            "WAITING",
        ]
    with served_relayer(contracts, NUMBER, tmp_path / "dear", minimum_fee=1) as served:
        results = list(mover(place, served, Clock()).run(plan_of(place, 0.0)))
        refused = [result for result in results if result.outcome is MoveOutcome.REFUSED]
        assert len(refused) == 3
        assert refused[0].reason.startswith(f"{RefusalCode.FEE}: the fee is 0 tokens")
