// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ModelToken} from "../../../contracts/ModelToken.sol";

/// @notice What is signed for an ERC-3009 transfer, from the standard's text alone.
struct Authorization {
    address from;
    address to;
    uint256 value;
    uint256 validAfter;
    uint256 validBefore;
    bytes32 nonce;
}

string constant TRANSFER_TYPE =
    "TransferWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";
string constant RECEIVE_TYPE =
    "ReceiveWithAuthorization(address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce)";

/// @notice The EIP-712 digest of an authorization in the token's domain.
function authorizationDigest(ModelToken token, string memory kind, Authorization memory given) view returns (bytes32) {
    bytes32 domain = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak256("Model Chain Token"),
            keccak256("1"),
            block.chainid,
            token
        )
    );
    bytes32 message = keccak256(abi.encode(keccak256(bytes(kind)), given));
    return keccak256(abi.encodePacked(hex"1901", domain, message));
}
