"""`modelchain wallet claim`: all that blocks owe an account, in one transaction, once."""

from __future__ import annotations

from pathlib import Path

from scripts.support.chains.made_up import row
from tests.support.chains.token_place import token_place
from tests.support.chains.wallet_place import deployed_wallet


def test_what_two_rounds_owe_is_claimed_in_one_transaction_and_nothing_again(
    tmp_path: Path,
) -> None:
    with token_place() as started:
        members = [started.account(number) for number in range(3)]
        for net in (10, 20):
            started.rounds.make_block({members[1]: row(net)}, members)
        place = deployed_wallet(started, tmp_path)
        planned = place.json("claim", "--account", "1", "--dry-run")
        assert (planned["rounds"], planned["transactions"]) == ([1, 2], [])
        assert place.tokens(place.owner) == [0]

        claimed = place.json("claim", "--account", "1")
        assert claimed["account"] == place.owner
        assert claimed["rounds"] == [1, 2]
        assert len(claimed["transactions"]) == 1
        parameters = started.deployment.parameters
        best = parameters.block_reward * parameters.best_basis_points // 10_000
        attested = parameters.block_reward * parameters.attesters_basis_points // 10_000 // 3
        assert place.tokens(place.owner) == [2 * (best + attested)]

        again = place.json("claim", "--account", "1")
        assert (again["rounds"], again["transactions"]) == ([], [])
        told = place.run("claim", "--account", "0").output
        assert f"Rounds that owe {members[0]} something: 1, 2\nTransaction 0x" in told
        assert place.tokens(members[0]) == [2 * attested]
