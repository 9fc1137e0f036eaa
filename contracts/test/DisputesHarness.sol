// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {Bits} from "../libraries/Bits.sol";
import {ComparedVoices} from "../libraries/ComparedVoices.sol";
import {PackedRows} from "../libraries/PackedRows.sol";
import {SamplePoints} from "../libraries/SamplePoints.sol";
import {SampleTree} from "../libraries/SampleTree.sol";
import {TrimmedSums} from "../libraries/TrimmedSums.sol";

/// @notice Opens the internal functions of the libraries of disputes to tests.
contract DisputesHarness {
    function sum(
        bytes calldata packed,
        bytes calldata against,
        TrimmedSums.Column memory column,
        int64[2][] calldata edges,
        uint256 index
    ) external pure returns (int256) {
        return TrimmedSums.sum(packed, against, column, edges, index);
    }

    function comparedVoices(
        IAttestations.Row[] memory rows,
        uint256 row,
        uint256[] memory orders,
        uint256 required,
        bool hasBest
    ) external pure returns (uint32[] memory) {
        return ComparedVoices.find(rows, row, orders, required, hasBest);
    }

    function requireRow(
        address modelChain,
        uint32 round,
        bytes32 hash,
        bytes calldata packed,
        uint256 transactions,
        uint256 compared
    ) external view {
        PackedRows.requireRow(modelChain, round, hash, packed, transactions, compared);
    }

    function requireShortened(
        address modelChain,
        uint32 round,
        bytes32 hash,
        bytes calldata shortened,
        uint256 transactions
    ) external view {
        PackedRows.requireShortened(modelChain, round, hash, shortened, transactions);
    }

    function at(bytes calldata packed, uint256 place, uint256 voice, uint256 transactions)
        external
        pure
        returns (uint32 points, uint32 apart, bytes32 root)
    {
        return (
            PackedRows.pointsAt(packed, place),
            PackedRows.apartAt(packed, place, voice, transactions),
            PackedRows.rootAt(packed, place)
        );
    }

    function requireBound(bytes calldata points, uint256 samples, bytes32 root) external pure {
        SamplePoints.requireBound(points, samples, root);
    }

    function sums(bytes calldata first, bytes calldata second) external pure returns (uint256, uint256, uint256) {
        return SamplePoints.sums(first, second);
    }

    function contains(bytes32 root, uint256 samples, uint256 sample, bytes32 word, bytes32[] calldata path)
        external
        pure
        returns (bool isThere, uint8 points)
    {
        return (SamplePoints.contains(root, samples, sample, word, path), SamplePoints.at(word, sample));
    }

    function isUnderSamplesRoot(
        bytes32 samplesRoot,
        bytes calldata record,
        uint256 sample,
        uint256 samples,
        bytes32[] calldata samplePath,
        uint256 part,
        uint256 parts,
        bytes32[] calldata partPath
    ) external pure returns (bool) {
        return SampleTree.contains(samplesRoot, record, sample, samples, samplePath, part, parts, partPath);
    }

    function nth(uint256 bitmap, uint256 below) external pure returns (uint256) {
        return Bits.nth(bitmap, below);
    }
}
