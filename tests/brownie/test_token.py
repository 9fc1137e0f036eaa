"""The token, deployed and called by Brownie alone."""

import brownie
import pytest

CAP = 1_000 * 10**18


@pytest.fixture(scope="module")
def token(ModelToken, accounts):
    """A token that the first account mints."""
    return accounts[0].deploy(ModelToken, accounts[0], CAP)


@pytest.fixture(autouse=True)
def isolated(fn_isolation):
    """Each test begins with the fresh token."""


def test_only_the_minter_mints(token, accounts):
    token.mint(accounts[1], 10, {"from": accounts[0]})
    assert token.balanceOf(accounts[1]) == 10
    with brownie.reverts():
        token.mint(accounts[1], 10, {"from": accounts[1]})


def test_what_was_minted_in_another_test_is_gone(token, accounts):
    assert token.balanceOf(accounts[1]) == 0
    token.mint(accounts[1], CAP, {"from": accounts[0]})
    transfer = token.transfer(accounts[2], 4, {"from": accounts[1]})
    assert transfer.events["Transfer"]["value"] == 4
