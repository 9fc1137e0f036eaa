"""ERC-3009 authorizations as any wallet signs them, from the standard's text alone."""

from __future__ import annotations

from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from web3.contract import Contract

DOMAIN = {
    "name": "string",
    "version": "string",
    "chainId": "uint256",
    "verifyingContract": "address",
}
TRANSFER = {
    "from": "address",
    "to": "address",
    "value": "uint256",
    "validAfter": "uint256",
    "validBefore": "uint256",
    "nonce": "bytes32",
}
CANCEL = {"authorizer": "address", "nonce": "bytes32"}

KINDS = {
    "TransferWithAuthorization": TRANSFER,
    "ReceiveWithAuthorization": TRANSFER,
    "CancelAuthorization": CANCEL,
}


def signed(
    token: Contract, signer: LocalAccount, kind: str, values: tuple[object, ...], chain_id: int
) -> tuple[int, bytes, bytes]:
    """A signature (v, r, s) of an authorization of one of `KINDS` in the token's domain."""
    domain = ("Model Chain Token", "1", chain_id, token.address)
    message = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": [{"name": n, "type": t} for n, t in DOMAIN.items()],
                kind: [{"name": n, "type": t} for n, t in KINDS[kind].items()],
            },
            "primaryType": kind,
            "domain": dict(zip(DOMAIN, domain, strict=True)),
            "message": dict(zip(KINDS[kind], values, strict=True)),
        }
    )
    found = signer.sign_message(message)
    return found.v, found.r.to_bytes(32, "big"), found.s.to_bytes(32, "big")
