"""Whoever calls the contracts chooses the encoding: verification reads all that they take."""

import pytest

from offchain.verification.full.verifier import verify
from offchain.verification.light.verify import verify_light
from scripts.support.chains.evm import Evm
from scripts.support.chains.real_chain import record
from scripts.support.worlds.content_world import ContentWorld
from scripts.support.worlds.small_chain import first_round
from tests.support.tampering.loose_call_data import loosened


def test_a_chain_whose_callers_encode_loosely_is_verified(
    evm: Evm, monkeypatch: pytest.MonkeyPatch
):
    plain, loose = [], []

    def play(world: ContentWorld) -> None:
        names = {address: name for name, address in world.twin.addresses.items()}
        send = evm.send_transaction

        def send_loosely(*, to: str, data: bytes, **others: object) -> object:
            plain.append(data)
            loose.append(loosened(names[to], data))
            return send(to=to, data=loose[-1], **others)

        monkeypatch.setattr(evm, "send_transaction", send_loosely)
        first_round(world)

    chain = record(evm, play)
    assert sum(one != other for one, other in zip(plain, loose, strict=True)) > 20
    report = verify(chain.replay(), chain.recording, chain.content())
    assert (report.data, report.head) == (3, 1)
    light = verify_light(chain.deployment, chain.recording.transactions, chain.recording.ended)
    assert light.head_hash == report.head_hash
