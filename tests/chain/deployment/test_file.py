"""The deployment file: what is written is read, and nothing else is."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offchain.bitcoin.rules import MAINNET, REGTEST
from offchain.chain.abi.interfaces import CONTRACTS
from offchain.chain.deployment.file import (
    MAXIMUM_SIZE,
    DeployedContract,
    DeployedTask,
    Deployment,
    DeploymentFileError,
    deployment_path,
    read_deployment,
    require_writable,
    write_deployment,
)
from offchain.chain.deployment.plan import created_address
from offchain.crypto.hashing import Domain
from offchain.errors import ConfigurationError
from offchain.protocol.words.parameters import LIVE, LIVE_RELAY
from scripts.support.worlds.bitcoin_mining import MinedChain
from tests.support.tampering.hostile_files import altered_bytes, altered_json, read_or_refused

DEPLOYER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


SOUND = Deployment(
    chain_id=31337,
    genesis_hash=b"\x01" * 32,
    block_number=7,
    deployer=DEPLOYER,
    compiler="solc 0.8.30",
    contracts={
        name: DeployedContract(created_address(DEPLOYER, number), bytes([number]) * 32)
        for number, name in enumerate(("ImageJudge", *CONTRACTS))
    },
    parameters=LIVE,
    relay=LIVE_RELAY,
    rules=REGTEST,
    checkpoint=MinedChain.start().checkpoint,
    token_cap=LIVE.token_cap,
    genesis_accounts=(DEPLOYER,),
    task=DeployedTask("digits", b'{"points":"1 if right"}', "ImageJudge"),
)


@pytest.fixture
def deployment() -> Deployment:
    return SOUND


@pytest.fixture
def file(tmp_path: Path, deployment: Deployment) -> Path:
    path = tmp_path / "deployments" / "31337.json"
    write_deployment(deployment, path)
    return path


def test_what_is_written_is_read(file, deployment):
    assert read_deployment(file) == deployment
    assert [path.name for path in file.parent.iterdir()] == ["31337.json"]


def test_the_tasks_hash_stands_in_the_file_and_is_its_descriptions(file, deployment):
    original = json.loads(file.read_bytes())
    assert original["task"]["hash"] == "0x" + sha256(b'{"points":"1 if right"}').hexdigest()
    for changed in ({"hash": "0x" + "00" * 32}, {"description": '{"points":"2 if right"}'}):
        file.write_text(json.dumps({**original, "task": {**original["task"], **changed}}))
        with pytest.raises(DeploymentFileError, match="is not the description's"):
            read_deployment(file)
    assert original["task"]["hash"] == "0x" + deployment.task.hash.hex()


@pytest.mark.parametrize(
    "description", ["caf\xe9".encode(), b"two\nlines", b"x" * (1 << 16) + b"x"]
)
def test_a_tasks_description_is_a_line_of_ascii(description):
    with pytest.raises(ConfigurationError, match="description of the task digits"):
        DeployedTask("digits", description)


def test_a_task_has_a_judge_among_the_contracts_or_none(tmp_path, deployment):
    assert deployment.judge == deployment.address("ImageJudge")
    without = replace(deployment, task=replace(deployment.task, judge=None))
    write_deployment(without, tmp_path / "1.json")
    assert read_deployment(tmp_path / "1.json").judge is None
    other = replace(deployment, task=replace(deployment.task, judge="OtherJudge"))
    write_deployment(other, tmp_path / "2.json")
    with pytest.raises(DeploymentFileError, match=r"task\.judge is OtherJudge, which is none"):
        read_deployment(tmp_path / "2.json")


def test_mainnets_rules_are_kept_exactly(tmp_path, deployment):
    write_deployment(replace(deployment, rules=MAINNET), tmp_path / "1.json")
    assert read_deployment(tmp_path / "1.json").rules == MAINNET


def test_domains_are_the_contracts(deployment):
    assert deployment.domain() == Domain(31337, deployment.address("ModelChain"))


def test_path_is_named_by_chain_id(tmp_path):
    assert deployment_path(tmp_path, 31337) == tmp_path / "31337.json"


def test_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(DeploymentFileError, match="brownie run deploy") as caught:
        read_deployment(tmp_path / "1.json")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(file, content):
    file.write_bytes(content)
    with pytest.raises(DeploymentFileError, match=file.name):
        read_deployment(file)


def test_huge_file_is_refused_unread(file):
    with file.open("r+b") as stream:
        stream.truncate(MAXIMUM_SIZE + 1)
    with pytest.raises(DeploymentFileError, match="larger"):
        read_deployment(file)


def test_folder_in_the_files_place_is_refused(tmp_path):
    with pytest.raises(DeploymentFileError, match="cannot be read"):
        read_deployment(tmp_path)


def test_a_file_that_could_not_be_written_is_known_before_anything_is_deployed(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DeploymentFileError, match="cannot be written"):
        require_writable(tmp_path / "file" / "31337.json")
    with pytest.raises(DeploymentFileError, match="is a folder"):
        require_writable(tmp_path)
    require_writable(tmp_path / "new" / "31337.json")
    assert list((tmp_path / "new").iterdir()) == []


def test_folder_that_cannot_be_written_is_named(tmp_path, deployment):
    (tmp_path / "file").write_text("")
    with pytest.raises(DeploymentFileError, match="cannot be written"):
        write_deployment(deployment, tmp_path / "file" / "1.json")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths of every value of the file that is no object."""
    if isinstance(value, dict):
        return [leaf for name, item in value.items() for leaf in leaves(item, (*path, name))]
    return [path]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    return {**value, path[0]: replaced(value[path[0]], path[1:], new)}


RIGHT_ELSEWHERE = {
    ("compiler",): [repr(""), repr("0x")],
    ("task", "name"): [repr(""), repr("0x")],
    ("task", "judge"): [repr(None)],
    ("genesis_accounts",): [repr([])],
    ("rules", "no_retargeting"): [repr(True)],
}
"""Values of the next test that are right in one place."""


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        -1,
        1.5,
        True,
        "",
        "0x",
        "two\nlines",
        [],
        [None],
        {},
        pytest.param(2**256, id="2**256"),
    ],
)
def test_every_value_of_a_wrong_type_or_range_is_refused(file, wrong):
    original = json.loads(file.read_bytes())
    for path in leaves(original):
        if repr(wrong) in RIGHT_ELSEWHERE.get(path, []):
            continue
        file.write_text(json.dumps(replaced(original, path, wrong)))
        with pytest.raises(DeploymentFileError) as caught:
            read_deployment(file)
        assert path[-1] in str(caught.value) or path[0] in str(caught.value)


def test_every_object_that_lacks_a_field_or_has_one_more_is_refused(file):
    original = json.loads(file.read_bytes())
    places = [
        (),
        ("parameters",),
        ("relay",),
        ("rules",),
        ("checkpoint",),
        ("task",),
        ("contracts", "Heat"),
    ]
    for place in places:
        value = original
        for name in place:
            value = value[name]
        more = {**value, "surplus": 1}
        for changed in (more, *({k: v for k, v in value.items() if k != gone} for gone in value)):
            file.write_text(json.dumps(replaced(original, place, changed)))
            with pytest.raises(DeploymentFileError):
                read_deployment(file)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 1),
        (("contracts", "Heat", "address"), "0x" + "00" * 19),
        (("contracts", "Heat", "address"), DEPLOYER.lower()),
        (("contracts", "Heat", "address"), DEPLOYER[:-1] + "7"),
        (("contracts", "Heat", "code_hash"), "0x" + "00" * 31),
        (("contracts", "Heat", "code_hash"), "0x" + "0 " * 32),
        (("genesis_hash",), "00" * 32),
        (("genesis_accounts",), [DEPLOYER] * 257),
        (("compiler",), "a\nb"),
        (("compiler",), "a" * 201),
        (("parameters", "test_parts"), 20),
        (("rules", "pow_limit"), "0x" + "ff" * 32),
        (("task", "name"), "a" * 201),
        (("task", "description"), "caf\xe9"),
        (("task", "description"), "x" * (1 << 17)),
        (("contracts",), {}),
    ],
)
def test_value_outside_its_form_is_refused(file, path, value):
    original = json.loads(file.read_bytes())
    file.write_text(json.dumps(replaced(original, path, value)))
    with pytest.raises(DeploymentFileError, match=path[0]):
        read_deployment(file)


def test_too_many_contracts_are_refused(file):
    original = json.loads(file.read_bytes())
    more = {f"Other{number}": original["contracts"]["Heat"] for number in range(26)}
    original["contracts"].update(more)
    file.write_text(json.dumps(original))
    with pytest.raises(DeploymentFileError, match="32 names"):
        read_deployment(file)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hostile")


@settings(max_examples=400, deadline=None, derandomize=True)
@given(st.data())
def test_a_hostile_file_is_read_or_refused_in_a_line(folder, data):
    file = folder / "31337.json"
    write_deployment(SOUND, file)
    sound = file.read_bytes()
    file.write_bytes(data.draw(altered_json(json.loads(sound)) | altered_bytes(sound)))
    with read_or_refused(DeploymentFileError, 1_000):
        assert isinstance(read_deployment(file), Deployment)
