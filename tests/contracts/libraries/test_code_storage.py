"""Words kept as contract code: what is written is read back, and nothing else happens."""

import pytest
from web3.contract import Contract

from scripts.support.chains.evm import Evm, reverts

MAXIMUM_WORDS = 767
ALL_BITS = 2**256 - 1


@pytest.fixture
def storage(evm: Evm) -> Contract:
    """The library behind a contract."""
    return evm.deploy("CodeStorageHarness")


def words(count: int) -> list[int]:
    return [(number % 255 + 1) * 2**248 + number for number in range(count)]


def code(evm: Evm, storage: Contract) -> bytes:
    return bytes(evm.w3.eth.get_code(storage.functions.code().call()))


@pytest.mark.parametrize("count", [0, 1, 7, 8, 255, 256, MAXIMUM_WORDS])
def test_the_code_is_a_stop_byte_and_the_words(evm: Evm, storage: Contract, count: int):
    """Counts whose sizes fill one byte or two of the creation code, with zero bytes or without."""
    evm.send(storage.functions.write(words(count)))
    assert code(evm, storage) == b"\0" + b"".join(word.to_bytes(32, "big") for word in words(count))


@pytest.mark.parametrize("word", [0, 1, 0xFF << 248, 0xEF << 248, ALL_BITS])
def test_any_word_can_be_kept(evm: Evm, storage: Contract, word: int):
    evm.send(storage.functions.write([word, word]))
    assert storage.functions.read().call() == [word, word]


@pytest.mark.parametrize("count", [0, 1, 7, 128, MAXIMUM_WORDS])
def test_all_words_are_read_back_and_nothing_else(evm: Evm, storage: Contract, count: int):
    evm.send(storage.functions.write(words(count)))
    assert storage.functions.read().call() == words(count)


def test_calling_the_code_does_nothing(evm: Evm, storage: Contract):
    evm.send(storage.functions.write([0xFD << 248, ALL_BITS]))  # it would revert if it ran
    receipt = evm.send_transaction(to=storage.functions.code().call(), data=b"\x01\x02")
    assert receipt["logs"] == []


def test_more_words_than_code_has_room_for_are_refused(evm: Evm, storage: Contract):
    with reverts("TooManyWords", MAXIMUM_WORDS + 1, MAXIMUM_WORDS):
        evm.send(storage.functions.write(words(MAXIMUM_WORDS + 1)))


def test_code_that_the_chain_does_not_take_is_not_passed_over(evm: Evm, storage: Contract):
    """Too little gas for the code's bytes: creation fails, and there is enough left to say so."""
    call = storage.functions.write(words(MAXIMUM_WORDS))
    data = storage.encode_abi("write", [words(MAXIMUM_WORDS)])
    needed = evm.send(call)["gasUsed"]
    with reverts("CodeNotWritten", MAXIMUM_WORDS):
        evm.send_transaction(to=storage.address, data=data, gas=needed - 400_000)
