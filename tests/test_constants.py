"""A constant stands in one module; the others import it."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import offchain

ROOT = Path(offchain.__file__).parents[1]

FILES = [
    file
    for folder in (ROOT / "offchain", ROOT / "scripts" / "support")
    for file in folder.rglob("*.py")
    # Each attack is tried in a world of its own, whose sizes may change without the others'.
    if ROOT / "offchain" / "attacks" not in file.parents
]

# Equal by chance: each may change without the other.
APART = {
    "ATTEMPTS": {
        "offchain/chain/follower.py",
        "offchain/learning/own_data/source.py",
        "offchain/node/wallet/carriers.py",
    },
    "BLOCKS_AT_ONCE": {
        "offchain/chronicle/reading.py",
        "offchain/verification/recording/reading.py",
    },
    "BLOCK_SECONDS": {
        "offchain/protocol/deciding/patience.py",
        "scripts/support/worlds/bitcoin_mining.py",
    },
    "CHUNK": {"offchain/learning/drawing/part.py", "offchain/learning/own_data/npz.py"},
    "END_SECONDS": {"offchain/commands/dashboard/run.py", "offchain/node/relayer/serving.py"},
    "FORMAT": {"offchain/chain/checkpoint.py", "offchain/chain/sending/identities.py"},
    "HOST": {"offchain/commands/dashboard/run.py", "offchain/node/monitoring/server.py"},
    "MAXIMUM_SIZE": {
        "offchain/chain/deployment/presets.py",
        "offchain/configuration_file.py",
    },
    "MODELS": {"scripts/support/chains/dispute_gas.py", "scripts/support/chains/gas.py"},
    "MOMENT_SECONDS": {"offchain/node/beside_outlet.py", "offchain/storage/fetching.py"},
    "OUTAGE_SECONDS": {
        "scripts/support/faults/spoiling.py",
        "scripts/support/faults/storing.py",
    },
    "SALT": {
        "scripts/support/disputes/small_round.py",
        "scripts/support/worlds/random_disputes.py",
    },
    "SILENCE_SECONDS": {
        "offchain/learning/training/processes.py",
        "offchain/storage/fetching.py",
    },
}


def constants(file: Path) -> Iterator[tuple[str, str]]:
    """Names in capitals that a module assigns values to, and what it writes for them.

    A leading underscore does not count: it says who may use the name, not what it is.
    """
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=ast.expr() as value):
                pass
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name.isupper():
            yield name.lstrip("_"), evaluated(value)


def evaluated(value: ast.expr) -> str:
    """An expression of literals as its value, so that 2**20 is 1 << 20; another as it stands."""
    try:
        result = eval(compile(ast.Expression(value), "constant", "eval"), {"__builtins__": {}})  # noqa: S307
    except Exception:  # noqa: BLE001 - whatever needs names
        return ast.unparse(value)
    return repr(result)


def test_no_two_modules_give_a_name_the_same_value() -> None:
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    for file in FILES:
        for name, value in constants(file):
            places[name, value].add(file.relative_to(ROOT).as_posix())
    twice = {name: found for (name, _), found in places.items() if len(found) > 1}
    assert twice == APART
