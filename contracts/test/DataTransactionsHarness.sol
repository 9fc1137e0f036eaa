// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {DataTransactions} from "../libraries/DataTransactions.sol";
import {TestParts} from "../libraries/TestParts.sol";

/// @notice Opens DataTransactions' and TestParts' internal functions to tests.
contract DataTransactionsHarness {
    function wordsHash(bytes32[] memory words) external pure returns (bytes32) {
        return DataTransactions.wordsHash(words);
    }

    function keyCommitment(address modelChain, bytes32 key) external view returns (bytes32) {
        return DataTransactions.keyCommitment(modelChain, key);
    }

    function keysHash(address modelChain, bytes32[] calldata words, uint256 areKeys)
        external
        view
        returns (bytes32 hash, bytes32 givenHash, uint256 gas)
    {
        gas = gasleft();
        (hash, givenHash) = DataTransactions.keysHash(modelChain, words, areKeys);
        gas -= gasleft();
    }

    function dataHash(address modelChain, IDataRegistry.DataRecord memory record) external view returns (bytes32) {
        return DataTransactions.dataHash(modelChain, record);
    }

    function identifier(address modelChain, IDataRegistry.DataRecord memory record) external view returns (bytes32) {
        return DataTransactions.identifier(modelChain, record);
    }

    function leaf(address modelChain, bytes32 id) external view returns (bytes32) {
        return DataTransactions.leaf(modelChain, id);
    }

    function seed(address modelChain, bytes24 bitcoinHash) external view returns (bytes32) {
        return TestParts.seed(modelChain, bitcoinHash);
    }

    function select(address modelChain, bytes32 seed_, bytes32 id, uint256 parts, uint256 testParts)
        external
        view
        returns (uint256 bitmap, uint256 gas)
    {
        gas = gasleft();
        bitmap = TestParts.select(modelChain, seed_, id, parts, testParts);
        gas -= gasleft();
    }
}
