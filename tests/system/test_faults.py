"""Some faults of `scripts.faults` on a real network: nothing is lost, and nothing paid twice.

The whole is played by the script: docs/Faults.md has its verdicts.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from scripts.support.faults.balance import balance
from scripts.support.faults.groups import plain_network
from scripts.support.faults.killing import kill_and_start
from scripts.support.faults.members import play_twice
from scripts.support.faults.network import FEEDER, RELAYER
from scripts.support.faults.proxy import Fault
from scripts.support.faults.session import BLOCK, SENTENCE, Session
from scripts.support.faults.spoiling import spoil

pytestmark = pytest.mark.full


def test_rounds_with_faults_make_their_blocks_and_nobody_loses_anything(tmp_path: Path):
    with plain_network(tmp_path) as network:
        session = Session(network, lambda _: None)
        session.first_round()
        everybody = tuple(network.programs)
        session.play(
            "killed",
            "a node and the relayer are killed while keys come out",
            partial(kill_and_start, session, network.nodes[0], RELAYER),
            stage="UNSEAL",
        )
        session.play(
            "killed all",
            "everybody is killed at once",
            partial(kill_and_start, session, RELAYER, FEEDER, *network.nodes),
            stage="COMMIT",
        )
        session.play(
            "busy",
            "every third request is refused",
            partial(spoil, session, everybody, Fault.BUSY, 3),
            partial(spoil, session, everybody, Fault.NONE),
        )
        session.play(
            "cut",
            "every fourth answer ends in its midst",
            partial(spoil, session, everybody, Fault.CUT, 4),
            partial(spoil, session, everybody, Fault.NONE),
        )
        assert [verdict.outcome for verdict in session.verdicts] == [BLOCK] * 4, session.verdicts
        found = balance(session)
        assert found.is_good, found
        assert not found.unclaimed
        assert all(network.proxies[name].spoilt for name in everybody)


def test_an_account_runs_once_with_one_state(tmp_path: Path):
    with plain_network(tmp_path) as network:
        session = Session(network, lambda _: None)
        session.first_round()
        play_twice(session)
        same, apart = session.verdicts
        assert same.outcome == SENTENCE, same
        assert apart.outcome == BLOCK, apart
        assert balance(session).is_good
