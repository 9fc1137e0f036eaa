"""Own data through rounds on real contracts: each row once, what is left waits, a look before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from offchain.cli import run
from offchain.learning.kinds.known import find_kind
from offchain.learning.own_data.ledger import Ledger
from offchain.learning.own_data.own_data import OwnData
from offchain.learning.own_data.source import OwnDataSource
from offchain.learning.task_file.toml import write_task_file
from offchain.learning.task_file.words import ModelLimits, TaskFile
from offchain.learning.tasks.known import make_learner
from offchain.node.sharing import Sharing
from offchain.protocol.words.status import Phase
from tests.support.chains.working_nodes import Part, WorkedChain, node_chain, working
from tests.support.own_data import FLOWERS

NODES, EACH, ROWS = 3, 2, 330
FILE = TaskFile("flowers", "table", FLOWERS, EACH, ModelLimits())


def write_rows(folder: Path) -> Path:
    random = np.random.default_rng(0)
    lines = ["height,colour,kind"]
    for number in range(ROWS):
        kind = number % 2
        height = 20 + 40 * kind + random.integers(0, 300) / 10
        lines.append(f"{height},{random.choice(['red', 'blue'])},{('rose', 'iris')[kind]}")
    (folder / "flowers.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkedChain]:
    folder = tmp_path_factory.mktemp("own-data")
    (folder / "data").mkdir()
    data = write_rows(folder / "data")
    task = folder / "task.toml"
    task.write_text(write_task_file(FILE))
    encode = partial(find_kind("table").encode_payload, FILE)

    def source(node: int) -> OwnDataSource:
        made = OwnDataSource(
            OwnData(data, FLOWERS, node, NODES),
            Ledger(folder / f"{node}.data.sqlite"),
            encode,
            EACH,
            b"%d" % node,
        )
        made.scan()
        return made

    changes = {"samples_per_part": EACH, "minimum_ring": NODES, "significance": 100}
    with node_chain(folder, NODES, source, str(task), **changes) as (chain, store):
        parts = {node: Part(make_learner(FILE), source(node)) for node in range(NODES)}
        with working(chain, store, parts) as worked:
            worked.work_through(1)
            worked.work_through(2)
            yield worked


def drawn(played: WorkedChain, node: int) -> dict[bytes, int]:
    file = played.chain.plan.folder / f"{node}.data.sqlite"
    with sqlite3.connect(file) as ledger:
        return dict(ledger.execute("SELECT id, round FROM drawn"))


def test_rounds_end_in_blocks_with_everybodys_data(played: WorkedChain):
    for number in (1, 2):
        assert played.round(number).phase is Phase.FINAL, played.round(number).void_reason
        assert played.round(number).data_set == tuple(range(NODES))


def test_every_row_is_in_one_data_transaction_at_most(played: WorkedChain):
    shared = [drawn(played, node) for node in range(NODES)]
    per_round = played.chain.parameters.parts * EACH
    for found in shared:
        assert sorted(found.values()).count(1) == sorted(found.values()).count(2) == per_round
    ids = [id_ for found in shared for id_ in found]
    assert len(ids) == len(set(ids))


def test_what_went_out_is_known_to_be_shared(played: WorkedChain):
    for node in range(NODES):
        file = played.chain.plan.folder / f"{node}.data.sqlite"
        with sqlite3.connect(file) as ledger:
            given = dict(ledger.execute("SELECT round, given_out FROM rounds"))
        assert given[1] == given[2] == 1


def test_a_node_whose_rest_fills_no_round_shares_nothing_and_goes_on(played: WorkedChain):
    sharing: Sharing = played.workers[0]._components.sharing
    source = sharing._source
    assert isinstance(source, OwnDataSource)
    assert 0 < source.waiting < played.chain.parameters.parts * EACH
    assert not source.has(9, played.chain.parameters.parts)


def look(played: WorkedChain, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    plan = played.chain.plan
    status = run(
        [
            *("share", str(plan.folder / "data"), "--dry-run"),
            *("--rpc", played.chain.contracts.ethereum.url),
            *("--deployment", str(plan.deployment), "--state", str(plan.folder / "none")),
            *options,
        ]
    )
    return status, capsys.readouterr().out


def test_a_look_says_how_much_where_and_among_whom(played: WorkedChain, capsys):
    status, text = look(played, capsys, "--account", "0", "--json")
    found = json.loads(text)
    per_round = played.chain.parameters.parts * EACH
    assert status == 0
    assert found["fit"] == ROWS
    assert found["data_transactions"] == found["waiting"] // per_round
    assert found["left_over"] == found["waiting"] % per_round
    assert found["members"] == NODES
    assert found["membership"]["is_member"]
    assert found["stake"] == played.chain.parameters.stake
    assert {"a sharer is one of many"} == {one["rule"] for one in found["privacy"]}


def test_a_look_in_words_has_cost_membership_and_what_others_see(played: WorkedChain, capsys):
    status, text = look(played, capsys, "--account", "0", "--direct")
    assert status == 0
    for said in (
        "Others will see:",
        "signed by one of 3 members",
        "a stake of 1 ETH",
        "your account pays the gas",
        "your account is a member of epoch",
        "your account has applied for epoch 2",
        "no account hands in its own data: BROKEN, --direct",
    ):
        assert said in text
    assert not (played.chain.plan.folder / "none").exists()


def test_without_an_account_nothing_is_shared_but_looked_at(played: WorkedChain, capsys):
    assert look(played, capsys)[0] == 0
    plan = played.chain.plan
    status = run(
        [
            *("share", str(plan.folder / "data")),
            *("--rpc", played.chain.contracts.ethereum.url, "--deployment", str(plan.deployment)),
        ]
    )
    assert status == 2
    assert "say whose node shares them" in capsys.readouterr().err


def test_where_nobody_can_be_asked_nothing_is_shared(played: WorkedChain, capsys):
    plan = played.chain.plan
    status = run(
        [
            *("share", str(plan.folder / "data"), "--account", "0"),
            *("--rpc", played.chain.contracts.ethereum.url, "--deployment", str(plan.deployment)),
            *("--state", str(plan.folder / "unasked")),
        ]
    )
    assert status == 2
    assert "add --yes to share, or --dry-run" in capsys.readouterr().err
    assert not (plan.folder / "unasked").exists()
