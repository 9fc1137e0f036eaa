"""`modelchain wallet claim-data`: rewards move through real relayers, apart from each other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import pytest
from click import UsageError
from click.testing import Result
from eth_account import Account

from offchain.chain.reading.balances import RewardBalance, RewardPlace
from offchain.commands.wallet.claim import NotMovedError
from offchain.errors import ConfigurationError, RelayerError
from offchain.node.demo.local_network import account, free_port
from offchain.node.relayer.limits import Bounds
from offchain.node.relayer.order_client import OrderClient, OrderTerms
from offchain.node.wallet.carriers import Carrier
from offchain.node.wallet.moves import Move, MoveOutcome, RewardMover, plan_moves
from offchain.refusals import RefusalCode
from tests.support.chains.wallet_place import WalletPlace
from tests.support.servers.order_relayer import OrderRelayer, order_relayer, working_order_relayer
from tests.support.waiting import PATIENCE_SECONDS

NUMBER = 6
RELAYER = str(account(NUMBER).address)
SECOND = str(account(NUMBER + 1).address)
FRESH = [str(Account.from_key(bytes([n + 1]) * 32).address) for n in range(6)]
TOKEN = 10**18


@contextmanager
def relayer(place: WalletPlace, folder: Path, number: int = NUMBER, **options) -> Iterator:
    """A relayer that serves and sends, as the program does."""
    with working_order_relayer(place.chain.contracts, number, folder, **options) as served:
        yield served


def to(*addresses: str) -> list[str]:
    return [part for address in addresses for part in ("--to", address)]


def claim(place: WalletPlace, served: OrderRelayer, *arguments: str) -> Result:
    options = ["--account", "1", "--relayer", served.url, "--spread", "0"]
    options += ["--wait", f"{PATIENCE_SECONDS:.0f}"]
    return place.run("claim-data", *options, *arguments)


def test_each_reward_moves_to_a_fresh_address_of_the_node_and_no_ether_touches_it(place, tmp_path):
    reward = place.tokens(place.sources()[0])[0]
    assert place.tokens(*place.sources()) == [reward] * 4
    with relayer(place, tmp_path) as served:
        result = claim(place, served)
    assert result.exit_code == 0
    assert place.tokens(*place.sources()) == [0] * 4
    assert place.tokens(*place.payouts()) == [reward] * 4
    assert place.chain.ethereum.balances([*place.sources(), *place.payouts()]) == [0] * 8
    # Each in a transaction of its own, all paid by the relayer, none by the account.
    transfers = place.json("history", place.payouts()[0])["entries"]
    assert [entry["other"] for entry in transfers] == [place.sources()[0]]
    assert "within 0 s" in result.stderr
    assert "rewards move one by one, at random moments (--spread); the last one in 0 s" in (
        result.stderr
    )
    # What was moved is not moved again.
    assert "No data rewards are there" in place.run("claim-data", "--account", "1").output


def test_rewards_without_an_address_stay_and_move_with_the_next_run(place, tmp_path):
    with relayer(place, tmp_path) as served:
        result = claim(place, served, *to(*FRESH[:3]))
        assert result.exit_code == 0
        assert "1 rewards stay where they are" in result.stderr
        assert sorted(token > 0 for token in place.tokens(*place.sources())) == [0, 0, 0, 1]
        assert claim(place, served, "--json", *to(FRESH[3])).exit_code == 0
    assert place.tokens(*place.sources()) == [0] * 4
    assert all(place.tokens(*FRESH[:4]))


def test_one_address_for_all_must_be_wanted_and_is_warned_of(place, tmp_path):
    own = place.owner
    [before] = place.tokens(own)
    rewards = sum(place.tokens(*place.sources()))
    with relayer(place, tmp_path) as served:
        result = claim(place, served, "--together", own)
    assert result.exit_code == 0
    assert f"4 rewards go to {own}: everybody will see that one owner" in result.stderr
    assert f"rewards go to {own}: everybody will see which data" in result.stderr
    assert place.tokens(*place.sources(), own) == [0] * 4 + [before + rewards]


def test_an_address_that_was_used_is_warned_of(place):
    used, fresh = place.chain.account(0), FRESH[0]
    result = place.run("claim-data", "--account", "1", "--dry-run", *to(used, fresh))
    assert result.exit_code == 0
    assert f"{used} was used before" in result.stderr
    assert fresh not in result.stderr


def test_a_dry_run_shows_the_plan_and_moves_nothing(place):
    before = place.tokens(*place.sources())
    found = place.json("claim-data", "--account", "1", "--dry-run")
    assert {move["from"]: move["to"] for move in found["moves"]} == dict(
        zip(place.sources(), place.payouts(), strict=True)
    )
    assert all(move["outcome"] is None for move in found["moves"])
    assert all(0 <= move["delay"] <= 3_600 for move in found["moves"])
    found = place.json("claim-data", "--account", "1", "--dry-run", *to(*FRESH[:3]))
    assert {move["to"] for move in found["moves"]} == set(FRESH[:3])
    assert len(found["left"]) == 1
    assert place.tokens(*place.sources()) == before
    table = place.run("claim-data", "--account", "1", "--dry-run", *to(*FRESH[:3])).output
    assert "planned moves" in table
    assert "stays" in table


def test_a_relayers_fee_is_paid_only_as_far_as_allowed(place, tmp_path):
    with relayer(place, tmp_path, minimum_fee=TOKEN // 2) as served:
        with pytest.raises(ConfigurationError, match=r"asks for 0\.5 MCT an order, allowed are 0"):
            claim(place, served)
        reward = place.tokens(place.sources()[0])[0]
        assert claim(place, served, "--highest-fee", "0.5").exit_code == 0
    assert place.tokens(*place.payouts(), RELAYER) == [reward - TOKEN // 2] * 4 + [2 * TOKEN]


def test_rewards_below_the_fee_stay_and_the_command_says_so(place, tmp_path):
    with (
        relayer(place, tmp_path, minimum_fee=1_000 * TOKEN) as served,
        pytest.raises(NotMovedError, match="does not cover the relayer's fee") as caught,
    ):
        claim(place, served, "--highest-fee", "1000")
    assert caught.value.count == 4


def test_of_several_relayers_those_that_serve_for_the_fee_are_asked(place, tmp_path):
    down = f"http://127.0.0.1:{free_port()}"
    with ExitStack() as stack:
        first = stack.enter_context(relayer(place, tmp_path / "first", minimum_fee=7))
        second = stack.enter_context(relayer(place, tmp_path / "second", NUMBER + 1, minimum_fee=7))
        dear = stack.enter_context(relayer(place, tmp_path / "dear", NUMBER + 2, minimum_fee=8))
        others = ("--relayer", second.url, "--relayer", down, "--relayer", dear.url)
        result = claim(place, first, *others, "--highest-fee", "0.000000000000000007")
    assert result.exit_code == 0
    assert f"Warning: the relayer at {down} does not answer" in result.stderr
    assert f"Warning: the relayer at {dear.url} asks for 0.000000000000000008 MCT" in result.stderr
    assert place.tokens(*place.sources()) == [0] * 4
    # Each order named the one that it was given to.
    assert sum(place.tokens(RELAYER, SECOND)) == 4 * 7


def test_a_relayer_that_is_down_moves_nothing_and_is_said(place):
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(RelayerError, match="does not answer"):
        place.run("claim-data", "--account", "1", "--relayer", url)
    assert all(place.tokens(*place.sources()))


def test_orders_that_are_not_carried_out_in_time_are_said(place, tmp_path):
    contracts = place.chain.contracts
    with order_relayer(contracts, NUMBER, tmp_path) as served:
        with pytest.raises(NotMovedError, match="4 rewards were not moved \\(handed over"):
            claim(place, served, "--wait", "0")
        assert len(served.desk.lane) == 4
        # They are on their way all the same, and asking again does no harm.
        with pytest.raises(NotMovedError, match="handed over"):
            claim(place, served, "--wait", "0")
        assert len(served.desk.lane) == 4
        served.work()
    assert place.tokens(*place.sources()) == [0] * 4


def test_nothing_to_move_is_said(place):
    result = place.run("claim-data", "--account", "2", "--dry-run", *to(FRESH[0]))
    assert "No data rewards are there" in result.output


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (to(FRESH[0], FRESH[0]), "is given twice"),
        (to(FRESH[0][:-1]), "no address"),
        (to("0x" + "00" * 20), "zero address"),
        (["--together", "me"], "no address"),
        (["--highest-fee", "some"], "is no amount"),
    ],
)
def test_arguments_that_make_no_sense_move_nothing(place, arguments, reason):
    with pytest.raises(ConfigurationError, match=reason):
        place.run("claim-data", "--account", "1", *arguments)


def test_addresses_for_each_and_one_for_all_exclude_each_other(place):
    with pytest.raises(UsageError, match="either --to or --together"):
        place.run(
            "claim-data",
            "--account",
            "1",
            *to(FRESH[0]),
            "--together",
            FRESH[1],
            standalone_mode=False,
        )


def test_a_reward_address_or_a_contract_is_no_destination(place):
    for address in (place.sources()[0], place.chain.deployment.address("TokenOrders")):
        for arguments in (to(address), ["--together", address]):
            with pytest.raises(ConfigurationError, match=r"at .* already|is the contract"):
                place.run("claim-data", "--account", "1", *arguments)


# ---- plans -------------------------------------------------------------------------------------


def pairs(count: int) -> list[tuple[RewardBalance, str]]:
    return [
        (RewardBalance(f"reward {n}", RewardPlace(n, False), 5 + n), FRESH[n]) for n in range(count)
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 6])
def test_every_reward_goes_where_it_shall_at_a_moment_of_the_spread(count):
    moves = plan_moves(pairs(count), 100.0, Random(7))
    assert {(move.reward, move.destination) for move in moves} == set(pairs(count))
    delays = [move.delay for move in moves]
    assert delays == sorted(delays)
    assert all(0 <= delay <= 100 for delay in delays)


def test_the_order_of_moves_is_drawn_anew_each_time():
    def drawn(seed: int) -> tuple[str, ...]:
        return tuple(move.destination for move in plan_moves(pairs(6), 9.0, Random(seed)))

    assert len({drawn(seed) for seed in range(20)}) > 15
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


def mover(place: WalletPlace, clock: Clock, *served: OrderRelayer, fee: int = 0) -> RewardMover:
    contracts = place.chain.contracts
    carriers = [Carrier(OrderClient(one.url), OrderTerms(RELAYER, fee)) for one in served]
    return RewardMover(contracts, place.chain.secrets(1), carriers, clock, clock.pause, Random(1))


def plan_of(place: WalletPlace, spread: float) -> list[Move]:
    tokens = place.tokens(*place.sources())
    found = [
        RewardBalance(address, reward, held)
        for address, reward, held in zip(place.sources(), place.places(), tokens, strict=True)
    ]
    return plan_moves(list(zip(found, place.payouts(), strict=True)), spread, Random(1))


def test_every_order_is_handed_over_at_its_moment(place, tmp_path):
    clock, plan = Clock(), plan_of(place, 1_000.0)
    contracts = place.chain.contracts
    with order_relayer(contracts, NUMBER, tmp_path) as served:
        moments = []
        for result in mover(place, clock, served).run(plan):
            assert result.outcome is MoveOutcome.WAITING
            moments.append(clock.now)
            assert len(served.desk.lane) == len(moments)
    assert moments == pytest.approx([move.delay for move in plan])


def test_a_busy_relayer_is_asked_again_after_the_time_it_names(place, tmp_path):
    contracts = place.chain.contracts
    relayers = Clock()
    bounds = Bounds(burst=1, per_second=0.1)
    with order_relayer(contracts, NUMBER, tmp_path, bounds=bounds, client_clock=relayers) as served:
        clock = Clock()
        plan = plan_of(place, 0.0)
        assert next(mover(place, clock, served).run(plan[:1])).outcome is MoveOutcome.WAITING

        def pause(seconds: float) -> None:
            Clock.pause(clock, seconds)
            relayers.now += seconds

        clock.pause = pause  # type: ignore[method-assign]
        assert next(mover(place, clock, served).run(plan[1:])).outcome is MoveOutcome.WAITING
        assert clock.pauses == [10]


def test_a_relayer_that_stays_busy_or_refuses_keeps_no_other_reward_back(place, tmp_path):
    contracts = place.chain.contracts
    with order_relayer(contracts, NUMBER, tmp_path, maximum=1) as served:
        clock = Clock()
        results = list(mover(place, clock, served).run(plan_of(place, 0.0)))
        assert [result.outcome for result in results] == [MoveOutcome.WAITING] + [
            MoveOutcome.FAILED
        ] * 3
        assert "busy" in results[1].reason
        served.work()
        again = list(mover(place, clock, served).run(plan_of(place, 0.0)))
        assert sorted(result.outcome.name for result in again) == [
            "FAILED",
            "FAILED",
            "GONE",
            "WAITING",
        ]
    with order_relayer(contracts, NUMBER, tmp_path / "dear", minimum_fee=2) as served:
        results = list(mover(place, Clock(), served, fee=1).run(plan_of(place, 0.0)))
        refused = [result for result in results if result.outcome is MoveOutcome.REFUSED]
        assert len(refused) == 3
        assert refused[0].reason.startswith(f"{RefusalCode.FEE}: the fee is 0.")


def test_where_one_relayer_fails_another_is_asked_and_a_reward_moves_once(place, tmp_path):
    """The first takes each order and never sends it; then both have one for the same tokens."""
    contracts, plan = place.chain.contracts, plan_of(place, 0.0)
    with ExitStack() as stack:
        first = stack.enter_context(order_relayer(contracts, NUMBER, tmp_path / "first"))
        full = stack.enter_context(
            order_relayer(contracts, NUMBER + 1, tmp_path / "second", maximum=1)
        )
        moving = mover(place, Clock(), full, first)
        assert {result.outcome for result in moving.run(plan)} == {MoveOutcome.WAITING}
        assert len(full.desk.lane) + len(first.desk.lane) == 4
        other = mover(place, Clock(), full)
        full.work()
        assert {result.outcome.name for result in other.run(plan)} <= {"GONE", "WAITING", "FAILED"}
        before = place.chain.ethereum.nonce(RELAYER)
        full.work()
        first.work()
        assert place.chain.ethereum.nonce(RELAYER) - before <= 3
    assert sum(place.tokens(*place.payouts())) == sum(move.reward.tokens for move in plan)
    assert place.tokens(*place.sources()) == [0] * 4
