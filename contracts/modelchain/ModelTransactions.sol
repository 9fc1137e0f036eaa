// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "../interfaces/IModelChain.sol";
import {Tags} from "../libraries/Tags.sol";
import {ModelChainState} from "./ModelChainState.sol";

/// @title Commitments to models and their reveals.
abstract contract ModelTransactions is ModelChainState {
    /// @inheritdoc IModelChain
    function commitModel(bytes32 commitment, bytes32 encryptedModel) external payable {
        _requirePhase(Phase.Commit);
        if (commitment == 0) revert EmptyCommitment();
        Competition storage current = _competition;
        uint32 round = current.round;
        Commitment storage entry = _commitments[round][msg.sender];
        bool isFirst = entry.order == 0;

        uint256 bond = isFirst ? _modelBond : 0;
        if (msg.value != bond) revert WrongModelBond(msg.value, bond);
        if (isFirst) _takePlace(current, round);

        uint32 order = ++_orders;
        entry.hash = commitment;
        entry.order = order;
        emit ModelCommitted(round, msg.sender, order, commitment, encryptedModel);
    }

    /// @dev Attesters come first: their places are kept free until the phase ends.
    function _takePlace(Competition storage current, uint32 round) private {
        if (!_isAttester(msg.sender)) {
            if (round == 1) revert OnlyGenesisInFirstRound(msg.sender);
            uint256 places = _maximumModels > current.attesters ? _maximumModels - current.attesters : 0;
            if (current.newcomers >= places) revert TooManyModels(current.newcomers, places);
            current.newcomers += 1;
        } else if (current.commitments >= _maximumModels) {
            revert TooManyModels(current.commitments, _maximumModels);
        }
        current.commitments += 1;
    }

    /// @inheritdoc IModelChain
    function revealModel(ModelTransaction calldata transaction, bytes32 salt) external {
        _requirePhase(Phase.Reveal);
        if (transaction.account != msg.sender) revert NotYourModel(transaction.account, msg.sender);
        uint32 round = _competition.round;
        Commitment storage entry = _commitments[round][msg.sender];
        uint32 order = entry.order;
        if (order == 0) revert NotCommitted(round, msg.sender);
        if (entry.revealed) revert AlreadyRevealed(round, msg.sender);
        bytes32 commitment = keccak256(
            abi.encode(
                Tags.COMMIT,
                block.chainid,
                address(this),
                round,
                msg.sender,
                transaction.modelHash,
                transaction.trainingRoot,
                salt
            )
        );
        if (commitment != entry.hash) revert CommitmentMismatch(entry.hash, commitment);
        entry.revealed = true;

        uint32 index = _competition.reveals++;
        _reveals[round][index] = _modelTransactionId(round, transaction);
        FirstReveal storage first = _firstReveals[round][transaction.modelHash];
        if (first.order == 0 || order < first.order) {
            first.order = order;
            first.index = index;
        }
        emit ModelRevealed(round, msg.sender, index, order, transaction);
    }
}
