// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The separation of domains that every hash of the protocol starts with.
/// @notice H(tag, ...) = keccak256(abi.encode(tag, chain id, contract, ...)): a hash made for one purpose, chain or
/// deployment means nothing for another. Constant tags are in Tags.sol; with those, write the abi.encode out.
library DomainHash {
    /// @notice The tag's word: keccak256("modelchain/" name "/1").
    function tag(string memory name) internal pure returns (bytes32) {
        return keccak256(bytes.concat("modelchain/", bytes(name), "/1"));
    }

    /// @notice The first three words of an H: tag, chain id, contract.
    function prefix(bytes32 tagHash, address contractAddress) internal view returns (bytes memory) {
        return abi.encode(tagHash, block.chainid, contractAddress);
    }
}
