// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "../interfaces/IModelChain.sol";
import {Tags} from "../libraries/Tags.sol";
import {ModelChainState} from "./ModelChainState.sol";

/// @title What the attesters say: what is missing, and how every model scored.
abstract contract Attestations is ModelChainState {
    /// @notice Items or models named in one report at most. A longer report is sent in parts.
    uint256 public constant MAXIMUM_REPORTED = 1024;

    /// @inheritdoc IModelChain
    function reportMissingItems(uint64[] calldata items) external {
        _requirePhase(Phase.Unseal);
        _requireAttester(msg.sender);
        _requireReportSize(items.length);
        uint32 round = _competition.round;
        uint256 firstItem = _rounds[round].firstItem;
        uint256 endItem = firstItem + _rounds[round].items;
        for (uint256 i = 0; i < items.length; ++i) {
            if (items[i] < firstItem || items[i] >= endItem) revert ReportOutOfRange(items[i], endItem);
        }
        emit ItemsReported(round, msg.sender, items);
    }

    /// @inheritdoc IModelChain
    function reportMissingModels(uint32[] calldata reveals) external {
        _requirePhase(Phase.Available);
        _requireAttester(msg.sender);
        _requireReportSize(reveals.length);
        uint256 end = _competition.reveals;
        for (uint256 i = 0; i < reveals.length; ++i) {
            if (reveals[i] >= end) revert ReportOutOfRange(reveals[i], end);
        }
        emit ModelsReported(_competition.round, msg.sender, reveals);
    }

    function _requireReportSize(uint256 size) private pure {
        if (size == 0) revert NothingReported();
        if (size > MAXIMUM_REPORTED) revert TooManyReported(size, MAXIMUM_REPORTED);
    }

    /// @inheritdoc IModelChain
    function commitAttestation(bytes32 commitment) external {
        _requirePhase(Phase.Attest);
        _requireAttester(msg.sender);
        if (commitment == 0) revert EmptyCommitment();
        uint32 round = _competition.round;
        _attestations[round][msg.sender].commitment = commitment;
        emit AttestationCommitted(round, msg.sender, commitment);
    }

    /// @inheritdoc IModelChain
    function revealAttestation(bytes32 statement, bytes32 salt) external {
        _requirePhase(Phase.AttestReveal);
        Competition storage current = _competition;
        uint32 round = current.round;
        AttestationRecord storage entry = _attestations[round][msg.sender];
        bytes32 committed = entry.commitment;
        if (committed == 0) revert NotCommitted(round, msg.sender);
        bytes32 commitment =
            keccak256(abi.encode(Tags.ATTEST, block.chainid, address(this), round, msg.sender, statement, salt));
        if (commitment != committed) revert CommitmentMismatch(committed, commitment);
        entry.commitment = 0;
        entry.statement = statement;
        emit AttestationRevealed(round, msg.sender, statement);

        uint32 attestations = ++_support[round][statement];
        if (current.majority == 0 && 2 * uint256(attestations) > current.attesters) {
            current.majority = statement;
            emit MajorityReached(round, statement, attestations);
        }
    }
}
