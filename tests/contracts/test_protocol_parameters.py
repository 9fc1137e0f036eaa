"""ProtocolParameters: the same struct and the same limits as in Python."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offchain.errors import RevertedError
from offchain.protocol.words.parameters import (
    DEMO,
    FIELD_NAMES,
    LIVE,
    ParameterOutOfRange,
    Parameters,
    limits,
    solidity_name,
)
from scripts.support.chains.evm import Evm, compiled_artifacts, reverts


def struct_components() -> list[dict[str, Any]]:
    abi = compiled_artifacts()["ProtocolParameters"].abi
    return next(entry for entry in abi if entry.get("name") == "get")["outputs"][0]["components"]


def with_value(name: str, value: int) -> tuple[int, ...]:
    values = list(BASE.as_tuple())
    values[FIELD_NAMES.index(name)] = value
    return tuple(values)


def test_the_struct_has_the_same_fields_in_the_same_order_as_in_python() -> None:
    components = struct_components()
    assert [component["name"] for component in components] == [
        solidity_name(name) for name in FIELD_NAMES
    ]
    assert {component["type"] for component in components} == {"uint256"}


@pytest.mark.parametrize("parameters", [DEMO, LIVE], ids=["demo", "live"])
def test_get_returns_what_was_deployed(evm: Evm, parameters: Parameters) -> None:
    contract = evm.deploy("ProtocolParameters", parameters.as_tuple())
    assert tuple(contract.functions.get().call()) == parameters.as_tuple()


# In which every other parameter may have any value of its range by itself.
BASE = replace(DEMO, maximum_clock_skew=7_200)


@pytest.mark.parametrize("name", FIELD_NAMES)
def test_a_value_outside_its_range_reverts_with_its_limits(evm: Evm, name: str) -> None:
    minimum, maximum = limits(BASE)[name]
    for value in (minimum - 1, maximum + 1):
        if value >= 0:
            with reverts("ParameterOutOfRange", solidity_name(name), value, minimum, maximum):
                evm.deploy("ProtocolParameters", with_value(name, value))


@pytest.mark.parametrize(
    ("name", "changes", "minimum", "maximum"),
    [
        ("maximum_clock_skew", {"timestamp_step": 700}, 700, 7_200),
        ("test_parts", {"parts": 4}, 1, 3),
        ("samples_per_part", {"test_parts": 7}, 1, 2_285),
        ("minimum_ring", {"maximum_members": 5, "minimum_data": 1}, 2, 5),
        ("minimum_data", {"minimum_ring": 4}, 1, 4),
        ("model_burn", {"stake": 7, "challenge_reward": 7}, 0, 7),
        ("challenge_reward", {"stake": 7, "model_burn": 7}, 0, 7),
        ("data_basis_points", {"best_basis_points": 1_000}, 0, 6_000),
    ],
)
def test_a_range_follows_from_other_parameters(
    evm: Evm, name: str, changes: dict[str, int], minimum: int, maximum: int
) -> None:
    def values(value: int) -> tuple[int, ...]:
        stated = {**asdict(DEMO), **changes, name: value}
        return tuple(stated[field] for field in FIELD_NAMES)

    for value in (minimum, maximum):
        evm.deploy("ProtocolParameters", values(value))
    for value in (minimum - 1, maximum + 1):
        if value >= 0:
            with reverts("ParameterOutOfRange", solidity_name(name), value, minimum, maximum):
                evm.deploy("ProtocolParameters", values(value))


values = st.one_of(st.integers(0, 70), st.integers(0, 11_000), st.integers(0, 2**256 - 1))


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(changes=st.dictionaries(st.sampled_from(FIELD_NAMES), values, min_size=1, max_size=4))
def test_python_and_solidity_refuse_the_same_parameters(evm: Evm, changes: dict[str, int]) -> None:
    given_values = tuple(changes.get(name, getattr(DEMO, name)) for name in FIELD_NAMES)
    try:
        replace(DEMO, **changes)
    except ParameterOutOfRange as error:
        with reverts("ParameterOutOfRange", *error.arguments):
            evm.deploy("ProtocolParameters", given_values)
    else:
        try:
            evm.deploy("ProtocolParameters", given_values)
        except RevertedError as error:
            pytest.fail(f"only Solidity refuses {changes}: {error}")
