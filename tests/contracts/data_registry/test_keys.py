"""Part keys: published all of a data transaction's at once, in their phase, or not at all."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from web3.types import TxReceipt

from offchain.crypto.hashing import keccak256
from offchain.protocol.rules.dataset import data_root
from offchain.protocol.words.status import Phase
from scripts.support.chains.evm import Evm, reverts
from scripts.support.chains.made_up import label
from scripts.support.chains.rounds import SMALL, Rounds, Shared
from scripts.support.chains.stages import Stage

OTHER = label("other")


def view(rounds: Rounds, name: str, *arguments: object):
    return rounds.chain.view("DataRegistry", name, *arguments)


@pytest.fixture
def open_(opened: Stage) -> Rounds:
    """Round 1 is in Open: four data transactions of four parts, of which one tests."""
    return opened.enter()


@pytest.fixture
def unsealing(open_: Rounds) -> Rounds:
    """Round 1 is in Unseal: the training keys of numbers 0 to 2 are published."""
    open_.publish(0, 1, 2)
    open_.advance_to(Phase.UNSEAL)
    return open_


def parts_that_test(rounds: Rounds, entry: Shared) -> list[bool]:
    """Which parts of a data transaction test."""
    bitmap = view(rounds, "testParts", entry.transaction.round, entry.index)
    return [bool(bitmap >> part & 1) for part in range(len(entry.keys))]


def training_words(rounds: Rounds, entry: Shared) -> list[bytes]:
    """What publishTrainingKeys takes."""
    commitments = entry.transaction.key_commitments
    return [
        commitment if is_test else key
        for is_test, key, commitment in zip(
            parts_that_test(rounds, entry), entry.keys, commitments, strict=True
        )
    ]


def keys_of_test_parts(rounds: Rounds, entry: Shared) -> list[bytes]:
    """What publishTestKeys takes."""
    pairs = zip(parts_that_test(rounds, entry), entry.keys, strict=True)
    return [key for is_test, key in pairs if is_test]


def publish_training(
    rounds: Rounds,
    entry: Shared,
    words: Sequence[bytes],
    *,
    index: int | None = None,
    partition: int | None = None,
    **changed: object,
) -> TxReceipt:
    """Publish these words as training keys, with the record changed or as it is."""
    record = replace(entry.transaction.record, **changed)
    return rounds.chain.send(
        "DataRegistry",
        "publishTrainingKeys",
        *(record, entry.index if index is None else index),
        *(0 if partition is None else partition, words),
        sender=5,
    )


def publish_test(rounds: Rounds, round_number: int, index: int, keys: Sequence[bytes]) -> TxReceipt:
    return rounds.chain.send("DataRegistry", "publishTestKeys", round_number, index, keys, sender=5)


def awaited(rounds: Rounds, round_number: int, keys: Sequence[bytes]) -> bytes:
    """What test keys lead to: the hash of the round and of the hash of their commitments."""
    commitments = [rounds.chain.domain.hash("key", ("bytes32",), (key,)) for key in keys]
    return keccak256(round_number.to_bytes(32, "big") + keccak256(b"".join(commitments)))


def test_all_training_keys_are_published_in_open_by_anybody(open_: Rounds) -> None:
    entry = open_.shared[1][2]
    words = training_words(open_, entry)
    receipt = publish_training(open_, entry, words)
    [told] = open_.chain.events(receipt, "DataRegistry", "TrainingKeysPublished")
    assert told == {"round": 1, "index": 2, "words": words}
    assert view(open_, "published", 1) == 0, "the test keys are missing"
    with reverts("AlreadyPublished", 1, 2):
        publish_training(open_, entry, words)


def test_the_test_keys_are_published_in_unseal_by_anybody(unsealing: Rounds) -> None:
    entry = unsealing.shared[1][1]
    keys = keys_of_test_parts(unsealing, entry)
    receipt = publish_test(unsealing, 1, 1, keys)
    [told] = unsealing.chain.events(receipt, "DataRegistry", "TestKeysPublished")
    assert told == {"round": 1, "index": 1, "keys": keys}
    assert view(unsealing, "published", 1) == 0b10
    assert view(unsealing, "published", 2) == 0
    with reverts("AlreadyPublished", 1, 1):
        publish_test(unsealing, 1, 1, keys)


def test_each_kind_of_keys_has_its_phase(open_: Rounds) -> None:
    entry = open_.shared[1][0]
    words, keys = training_words(open_, entry), keys_of_test_parts(open_, entry)
    with reverts("WrongPhase", 1, 1, Phase.OPEN, Phase.UNSEAL):
        publish_test(open_, 1, 0, keys)
    publish_training(open_, entry, words)
    open_.advance_to(Phase.COMMIT)
    with reverts("WrongPhase", 1, 1, Phase.COMMIT, Phase.OPEN):
        publish_training(open_, entry, words)
    with reverts("WrongPhase", 1, 1, Phase.COMMIT, Phase.UNSEAL):
        publish_test(open_, 1, 0, keys)
    open_.advance_to(Phase.UNSEAL)
    with reverts("WrongPhase", 1, 1, Phase.UNSEAL, Phase.OPEN):
        publish_training(open_, entry, words)
    publish_test(open_, 1, 0, keys)


def test_after_unseal_it_is_too_late(unsealing: Rounds) -> None:
    unsealing.publish(0, 1, 2)
    unsealing.advance_to(Phase.REPORT)
    with reverts("WrongPhase", 1, 1, Phase.REPORT, Phase.UNSEAL):
        publish_test(unsealing, 1, 2, keys_of_test_parts(unsealing, unsealing.shared[1][2]))


def test_keys_are_of_the_round_in_competition(open_: Rounds) -> None:
    entry = open_.shared[1][0]
    words = training_words(open_, entry)
    for other in (0, 2, 3):
        with reverts("WrongPhase", other, 1, Phase.OPEN, Phase.OPEN):
            publish_training(open_, entry, words, round=other)


def test_no_test_key_passes_for_a_training_key_and_none_is_left_out(open_: Rounds) -> None:
    entry = open_.shared[1][0]
    words, tests = training_words(open_, entry), parts_that_test(open_, entry)
    expected = entry.transaction.record.keys_hash
    test, training = tests.index(True), tests.index(False)
    commitments, domain = entry.transaction.key_commitments, open_.chain.domain

    def swapped(part: int, word: bytes) -> list[bytes]:
        return [*words[:part], word, *words[part + 1 :]]

    wrong = [
        swapped(test, entry.keys[test]),
        swapped(training, commitments[training]),
        swapped(training, OTHER),
        words[:-1],
        [*words, OTHER],
        [],
    ]
    for given in wrong:
        leads_to = [
            word if part < len(tests) and tests[part] else domain.hash("key", ("bytes32",), (word,))
            for part, word in enumerate(given)
        ]
        with reverts("WrongKeys", keccak256(b"".join(leads_to)), expected):
            publish_training(open_, entry, given)
    publish_training(open_, entry, words)


def test_the_record_and_the_number_must_be_what_arrived(open_: Rounds) -> None:
    entry, domain = open_.shared[1][0], open_.chain.domain
    words, record = training_words(open_, entry), entry.transaction.record
    for changed in (
        {"samples_root": OTHER},
        {"keys_hash": OTHER},
        {"payloads_hash": OTHER},
        {"timestamp": record.timestamp + 600},
        {"reward_address": open_.accounts[0]},
        {"nullifier_v": 55 - record.nullifier_v},
        {"nullifier_x": record.nullifier_x + 1},
    ):
        other = replace(record, **changed).identifier(domain)
        with reverts("UnknownData", 1, 0, other):
            publish_training(open_, entry, words, **changed)
    for index in (1, 4, 128, 256, 2**32 - 1):
        with reverts("UnknownData", 1, index, record.identifier(domain)):
            publish_training(open_, entry, words, index=index)


def test_the_partition_must_be_the_one_that_took_it(evm: Evm) -> None:
    rounds = Rounds.deploy(evm)
    rounds.start()
    for account in rounds.accounts[:4]:
        rounds.share(account)
        rounds.partition()
    rounds.close()
    assert view(rounds, "collected", 1).partitions == 4
    for entry in rounds.shared[1]:
        words = training_words(rounds, entry)
        for number in (*range(4), 4, 2**32 - 1):
            if number != entry.index:
                with reverts("WrongPartition", entry.index, number):
                    publish_training(rounds, entry, words, partition=number)
        publish_training(rounds, entry, words, partition=entry.index)


def test_what_no_partition_took_cannot_be_published(evm: Evm) -> None:
    rounds = Rounds.deploy(evm)
    rounds.start()
    for account in rounds.accounts[:3]:
        rounds.share(account)
    rounds.partition()
    rounds.chain.mine(rounds.chain.parameters.collect_heights)
    rounds.share(rounds.accounts[3])
    rounds.chain.send("ModelChain", "advance")
    out = rounds.shared[1][3]
    with reverts("NothingThere", 1, 3, 3):
        view(rounds, "testParts", 1, 3)
    with reverts("WrongPartition", 3, 0):
        publish_training(rounds, out, out.keys)


def test_test_keys_are_those_that_the_training_keys_left(unsealing: Rounds) -> None:
    entry, unpublished = unsealing.shared[1][0], unsealing.shared[1][3]
    keys = keys_of_test_parts(unsealing, entry)
    left = awaited(unsealing, 1, keys)
    for wrong in ([OTHER], [], [*keys, OTHER], list(entry.keys)):
        with reverts("WrongKeys", awaited(unsealing, 1, wrong), left):
            publish_test(unsealing, 1, 0, wrong)
    own = keys_of_test_parts(unsealing, unpublished)
    with reverts("WrongKeys", awaited(unsealing, 1, own), bytes(32)):
        publish_test(unsealing, 1, 3, own)
    for index in (128, 2**32 - 1):
        with reverts("WrongKeys", left, bytes(32)):
            publish_test(unsealing, 1, index, keys)


def test_keys_that_an_earlier_round_left_do_not_count_in_a_later_one(unsealing: Rounds) -> None:
    """Number 0 of round 1 leaves what its test keys must hash to; round 2 has a number 0 too."""
    keys = keys_of_test_parts(unsealing, unsealing.shared[1][0])
    unsealing.chain.advance()
    assert unsealing.chain.phase is Phase.VOID
    unsealing.collect(unsealing.accounts[:4])
    unsealing.publish(1, 2, 3)
    unsealing.advance_to(Phase.UNSEAL)
    with reverts("WrongKeys", awaited(unsealing, 2, keys), awaited(unsealing, 1, keys)):
        publish_test(unsealing, 2, 0, keys)
    unsealing.publish(1, 2, 3)
    assert view(unsealing, "published", 2) == 0b1110
    assert view(unsealing, "published", 1) == 0


@pytest.mark.parametrize("seed", range(3))
def test_all_keys_or_out_and_the_data_root_is_of_those_in_order_of_arrival(
    evm: Evm, seed: int
) -> None:
    """Differential: any data transactions publish any keys, in any order and partitions."""
    chance = random.Random(seed)
    parts = chance.randint(2, 32)
    parameters = replace(
        SMALL, parts=parts, test_parts=chance.randint(1, parts - 1), minimum_data=1
    )
    rounds = Rounds.deploy(evm, 9, 8, parameters)
    rounds.start()
    for account in chance.sample(rounds.accounts[:8], 8):
        rounds.share(account)
        if chance.random() < 0.4:
            rounds.partition_all()
    rounds.partition_all()
    rounds.close()
    shared = rounds.shared[1]
    training = chance.sample(range(8), chance.randint(2, 8))
    test = chance.sample(training, chance.randint(1, len(training)))
    for index in training:
        assert sum(parts_that_test(rounds, shared[index])) == parameters.test_parts
        rounds.publish(index)
    rounds.advance_to(Phase.UNSEAL)
    for index in test:
        rounds.publish(index)
    bitmap = sum(1 << index for index in test)
    assert view(rounds, "published", 1) == bitmap
    domain = rounds.chain.domain
    ids = [entry.transaction.identifier(domain) for entry in shared]
    for chosen in (bitmap, 0, 2**8 - 1, chance.randrange(2**8)):
        kept = [data_id for index, data_id in enumerate(ids) if chosen >> index & 1]
        assert view(rounds, "dataRoot", 1, chosen) == data_root(domain, kept)
    for beyond in (8, 255):
        with reverts("NothingThere", 1, beyond, 8):
            view(rounds, "dataRoot", 1, 1 << beyond | 1)
    rounds.chain.advance()
    assert rounds.chain.view("ModelChain", "closedRound", 1).published == len(test)
