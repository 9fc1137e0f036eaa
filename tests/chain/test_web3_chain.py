"""Whole rounds through the chain adapter alone: every action, every record, status."""

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest

from offchain.chain.abi.calls import function_call
from offchain.chain.reading.contracts import View
from offchain.chain.sending.fees import FeePolicy
from offchain.chain.sending.keys import account_from_mnemonic
from offchain.chain.web3_chain import Web3Chain
from offchain.errors import FeeCapError, RevertedError
from offchain.protocol.reference.membership import LIST_CODE
from offchain.protocol.words import actions, records
from offchain.protocol.words.chain_status import AccountStatus, ChainStatus
from offchain.protocol.words.parameters import DEMO_RELAY
from offchain.protocol.words.records import Record
from offchain.protocol.words.status import Epoch, Phase
from offchain.toolchain.anvil import DEVELOPMENT_MNEMONIC
from tests.support.chains.deployed_world import DeployedWorld, world
from tests.support.chains.played_round import play
from tests.support.worlds.world_status import world_status

LARGEST_BATCH = DEMO_RELAY.maximum_batch

Played = tuple[DeployedWorld, list[Record]]


@pytest.fixture(scope="module")
def played() -> Iterator[Played]:
    """A world after one block, with its records; each step was compared with the reference."""
    with world() as started:
        play(started)
        block = started.ethereum.block().number
        yield started, list(started.clients[0].records(0, block))


def of_kind(found: list[Record], kind: type[Record]) -> list[Record]:
    return [record for record in found if type(record) is kind]


def listed(epoch: Epoch) -> Epoch:
    """An epoch whose list lies where the reference's lists do."""
    return replace(epoch, code=LIST_CODE) if epoch.written else epoch


def without_balance(own: AccountStatus) -> AccountStatus:
    """An account without what the reference does not know, and no difference where there is none.

    An end of standing of 0 and of 1 both say that there never was any.
    """
    return replace(own, balance=0, standing_end=max(1, own.standing_end))


def assert_status(chain: DeployedWorld) -> ChainStatus:
    """What every account's adapter reads is what the reference says; returns the last one's."""
    for node in chain.nodes:
        status = chain.clients[node.index].status()
        header = chain.ethereum.block(status.block_number)
        assert (status.timestamp, status.block_hash) == (header.timestamp, header.hash)
        chain.now = status.timestamp
        read = replace(
            status,
            epoch=listed(status.epoch),
            next_epoch=listed(status.next_epoch),
            own=without_balance(status.own),
        )
        expected = replace(
            world_status(chain, node),
            block_number=status.block_number,
            block_hash=status.block_hash,
        )
        expected = replace(expected, own=without_balance(expected.own))
        for item in fields(ChainStatus):
            assert getattr(read, item.name) == getattr(expected, item.name), item.name
        assert status.own.balance == chain.ethereum.balances([node.account])[0]
    return status


def test_status_is_the_references_from_the_first_application_to_a_drawn_epoch():
    with world(accounts=5, genesis=3) as chain:
        assert_status(chain)
        chain.mine(2)
        for node in chain.genesis_nodes:
            chain.execute(chain.application(node), node)
            assert_status(chain)
        chain.execute(chain.beginning())
        phases = set()
        for skills in ((90, 60), (), (95, 91, 30)):
            chain.apply(chain.nodes)
            chain.share()
            assert assert_status(chain).collected.pending == len(chain.members())
            chain.partition_all()
            chain.close()
            assert_status(chain)
            chain.train(skills)
            assert_status(chain)
            phases.add(chain.phase)
            if skills:
                chain.reveal_all()
            chain.attest()
            assert assert_status(chain).standing != bytes(32)
            chain.execute(actions.Finalize(chain.rows()))
            assert_status(chain)
        assert phases == {Phase.REVEAL, Phase.ATTEST}
        assert chain.members(2) != chain.members(1)


def test_the_height_that_seeds_a_draw_is_found_until_the_relay_has_lost_it():
    with world() as chain:
        chain.start()
        chain.collect()  # the epoch's last round opens: applying for the next one ends
        held = chain.relay.settings.ring_size
        first = chain.relay.tip
        assert assert_status(chain).draw_height == 0
        heights = []
        while chain.relay.tip < first + held + LARGEST_BATCH:
            chain.mine(1 if len(heights) < 8 else LARGEST_BATCH)
            status = assert_status(chain)
            assert status.draw_lost == (chain.relay.lowest_height > first + 8)
            heights.append(status.draw_height)
        [height] = set(heights) - {0}
        assert first < height <= first + 8
        since = heights[heights.index(height) :]
        assert status.draw_lost
        assert since == [height] * since.count(height) + [0] * since.count(0)
        chain.execute(actions.RenewDraw())
        assert not assert_status(chain).draw_lost
        chain.mine(8)
        chain.execute(actions.SeedDraw(assert_status(chain).draw_height))
        assert assert_status(chain).draw_height == 0


def test_records_are_in_order_and_say_when(played):
    world, found = played
    positions = [record.position for record in found]
    assert positions == sorted(set(positions))
    times = world.ethereum.timestamps(sorted({record.block_number for record in found}))
    assert all(record.timestamp == times[record.block_number] for record in found)


def test_records_are_the_references(played):
    world, found = played
    of_headers = [record for record in found if type(record) is records.HeadersAccepted]
    expected = world.reference.environment.records
    assert len(of_headers) + len(expected) == len(found)
    others = [record for record in found if record not in of_headers]
    assert [type(record) for record in others] == [type(record) for record in expected]


def test_structs_in_records_equal_what_was_sent(played):
    world, found = played
    shared = of_kind(found, records.DataShared)
    assert [record.index for record in shared] == [0, 1, 2]
    for record in shared:
        made = world.data_at(1, record.index).transaction
        assert record.id == made.identifier(world.domain)
        assert record.record == made.record
        assert record.payload_hashes == made.payload_hashes
    [opened] = of_kind(found, records.StatementOpened)
    assert len(opened.rows) == 4
    assert any(row.net < 0 for row in opened.rows) or any(row.net > 0 for row in opened.rows)
    [appended] = of_kind(found, records.BlockAppended)
    assert appended.data.hash(world.domain) == appended.block_hash
    status = world.clients[0].status()
    assert (status.head.number, status.head.hash) == (1, appended.block_hash)
    # Every model is there and nobody asks anything.
    skipped = {Phase.BRING, *range(Phase.ANSWER, Phase.FINALIZE)}
    assert [record.phase for record in of_kind(found, records.PhaseStarted)] == [
        phase for phase in range(Phase.OPEN, Phase.FINAL + 1) if phase not in skipped
    ]


def test_records_of_part_of_the_chain_are_that_part(played):
    world, found = played
    middle = found[len(found) // 2].block_number
    client = world.clients[0]
    last = world.ethereum.block().number
    assert [*client.records(0, middle), *client.records(middle + 1, last)] == found
    assert list(client.records(middle, middle)) == [
        record for record in found if record.block_number == middle
    ]
    assert list(client.records(last + 1, last)) == []


def test_events_of_one_kind_and_account_are_found_by_topics(played):
    world, found = played
    account = world.clients[1].account
    last = world.ethereum.block().number
    contracts = world.clients[0].contracts
    committed = contracts.events("ModelTransactions", records.ModelCommitted, last, account=account)
    assert list(committed) == [
        record for record in of_kind(found, records.ModelCommitted) if record.account == account
    ]


def test_a_stake_that_is_locked_reverts_with_its_terms(played):
    world, _ = played
    with pytest.raises(RevertedError) as caught:
        world.clients[0].execute(actions.WithdrawStake())
    account = world.clients[0].account
    assert (caught.value.name, caught.value.arguments) == ("StakeLocked", (account, 2**32 - 1, 2))


def test_an_error_of_a_library_is_read(played):
    world, _ = played
    share = world.sharing(world.nodes[0])
    with pytest.raises(RevertedError) as caught:
        world.clients[0].execute(replace(share, responses=share.responses[:-1]))
    assert (caught.value.name, caught.value.arguments) == ("ResponseCountMismatch", (3, 2))


def test_wrong_phase_reverts_before_anything_is_sent(played):
    world, _ = played
    client = world.clients[0]
    nonce = world.ethereum.nonce(client.account)
    with pytest.raises(RevertedError) as caught:
        client.execute(actions.CommitAttestation(bytes(32)))
    assert caught.value.name == "WrongPhase"
    assert caught.value.arguments == (Phase.FINAL, Phase.ATTEST)
    assert world.ethereum.nonce(client.account) == nonce


def test_views_at_an_older_block_are_that_blocks(played):
    world, found = played
    [started] = of_kind(found, records.Started)
    read = world.clients[0].contracts.read_many
    views = [View("ModelChain", "collectingRound")]
    assert read(views, started.block_number - 1) == [(0,)]
    assert read(views, started.block_number) == [(1,)]


def test_parameters_are_read_from_the_chain(played):
    world, _ = played
    assert world.clients[0].parameters == world.parameters
    assert world.clients[0].parameters != replace(world.parameters, minimum_data=1)


GWEI = 10**9


def test_what_pays_rewards_out_waits_until_gas_is_cheap_and_nothing_else_does(played: Played):
    chain, found = played
    policy = FeePolicy(maximum=300 * GWEI, claims=2 * GWEI)
    account = Web3Chain(chain.contracts, account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0), policy)
    caps: list[int | None] = []

    def noted(*arguments: object) -> None:
        caps.append(arguments[-1].maximum)
        raise RevertedError("as the test says")

    account._sender.send = noted  # type: ignore[method-assign]
    claims = [
        actions.ClaimBest(1),
        actions.ClaimVoice(1, 0),
        actions.ClaimAttestation(1, account.account),
        actions.ClaimRounds(account.account, (actions.RoundClaim(1, 0),)),
        actions.ClaimData(of_kind(found, records.DataShared)[0].record, 0),
    ]
    for action in [*claims, actions.Advance()]:
        with pytest.raises(RevertedError):
            account.execute(action)
    assert caps == [*len(claims) * [2 * GWEI], 300 * GWEI]
    assert policy.of_claims().of_claims() == policy.of_claims()
    assert FeePolicy().of_claims().maximum is None


def test_a_claim_is_not_sent_while_gas_is_dearer(played: Played):
    chain, _ = played
    with chain.undone() as copy:
        copy.bitcoin.grow(1)
        header = actions.SubmitHeaders(copy.bitcoin.raw(copy.bitcoin.best_height))
        chain.ethereum.request("anvil_setNextBlockBaseFeePerGas", hex(20 * GWEI))
        chain.clock.mine()
        policy = FeePolicy(maximum=300 * GWEI, claims=2 * GWEI)
        account = Web3Chain(chain.contracts, account_from_mnemonic(DEVELOPMENT_MNEMONIC, 0), policy)
        with pytest.raises(FeeCapError, match="the cap is 2: nothing was sent"):
            account.call(function_call(header), is_claim=True)
        assert account.call(function_call(header)).gas_used > 0
