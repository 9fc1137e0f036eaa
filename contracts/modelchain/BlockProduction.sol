// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IModelChain} from "../interfaces/IModelChain.sol";
import {Standing} from "../libraries/Standing.sol";
import {Tally} from "../libraries/Tally.sol";
import {ModelChainState} from "./ModelChainState.sol";

/// @title From the majority's scores to a block.
abstract contract BlockProduction is ModelChainState {
    using SafeCast for uint256;
    using Standing for Standing.Ledger;

    /// @inheritdoc IModelChain
    function finalize(Scores calldata scores, ModelTransaction[] calldata transactions, uint32[] calldata ranking)
        external
    {
        _requirePhase(Phase.Finalize);
        uint32 round = _competition.round;
        bytes32 statement = _statement(round, scores);
        if (statement != _competition.majority) revert NotTheMajority(statement, _competition.majority);
        uint256 reveals = _competition.reveals;
        if (transactions.length != reveals) revert RevealCountMismatch(transactions.length, reveals);
        if (scores.scores.length != reveals) revert RevealCountMismatch(scores.scores.length, reveals);

        uint256 required = _requiredScore(scores.baseline, scores.testSamples);
        (bytes32[] memory ids, bool[] memory valid, uint256 validModels) =
            _judge(round, scores, transactions, required);
        if (ranking.length != validModels) revert NotRanked(ranking.length, validModels);
        if (validModels == 0) return _voidRound(VoidReason.NoValidModel);

        bytes32[] memory votes = new bytes32[](validModels);
        for (uint256 position = 0; position < validModels; ++position) {
            uint256 index = ranking[position];
            if (index >= reveals || !valid[index]) {
                revert NotValid(index, index < reveals ? scores.scores[index] : 0, required);
            }
            if (position != 0) _requireRanked(round, scores, transactions, ranking, position);
            votes[position] = ids[index];
        }
        _reward(round, transactions, ranking);
        _append(round, scores, transactions[ranking[0]].modelHash, votes, statement);
        emit BlockAppended(
            _headNumber, round, _blockHashes[_headNumber], transactions[ranking[0]].modelHash, ranking, scores
        );
        emit PhaseStarted(round, Phase.Final, 0);
    }

    /// @dev Checks every model transaction against its reveal and decides which are valid and whose bond burns.
    function _judge(uint32 round, Scores calldata scores, ModelTransaction[] calldata transactions, uint256 required)
        private
        returns (bytes32[] memory ids, bool[] memory valid, uint256 validModels)
    {
        uint256 reveals = transactions.length;
        ids = new bytes32[](reveals);
        valid = new bool[](reveals);
        bytes32 headHash = _blockHashes[_headNumber];
        for (uint256 i = 0; i < reveals; ++i) {
            ModelTransaction calldata transaction = transactions[i];
            uint256 score = scores.scores[i];
            bytes32 id = _modelTransactionId(round, transaction);
            if (id != _reveals[round][uint32(i)]) revert RevealMismatch(i, id, _reveals[round][uint32(i)]);
            ids[i] = id;
            if (Tally.burns(score, scores.baseline, _burnBasisPoints)) {
                _commitments[round][transaction.account].burned = true;
                emit BondBurned(round, transaction.account, _modelBond);
            }
            if (
                score >= required && score == transaction.score && transaction.dataRoot == scores.dataRoot
                    && transaction.previousBlock == headHash && _firstReveals[round][transaction.modelHash].index == i
            ) {
                valid[i] = true;
                ++validModels;
            }
        }
    }

    /// @dev Strictly descending, so that no model can be ranked twice.
    function _requireRanked(
        uint32 round,
        Scores calldata scores,
        ModelTransaction[] calldata transactions,
        uint32[] calldata ranking,
        uint256 position
    ) private view {
        uint256 before = ranking[position - 1];
        uint256 index = ranking[position];
        bool isRanked = Tally.ranksBefore(
            scores.scores[before],
            _commitments[round][transactions[before].account].order,
            scores.scores[index],
            _commitments[round][transactions[index].account].order
        );
        if (!isRanked) revert WrongRanking(position);
    }

    /// @dev Heat for every valid model, and standing: at most a quarter of the attesters' number is new each round,
    /// best first, so that one model under many names cannot buy the majority at once.
    function _reward(uint32 round, ModelTransaction[] calldata transactions, uint32[] calldata ranking) private {
        uint256 places = Math.max(1, _competition.attesters / 4);
        uint32 untilRound = round + uint32(_standingRounds);
        for (uint256 position = 0; position < ranking.length; ++position) {
            address account = transactions[ranking[position]].account;
            Commitment storage entry = _commitments[round][account];
            entry.valid = true;
            if (position == 0) entry.best = true;
            if (!_hadValidModel[account]) _hadValidModel[account] = true;
            heat.gain(account, position == 0 ? _heatBest : _heatModel);

            if (!_isAttester(account)) {
                if (places == 0) continue;
                --places;
            }
            _standing.grant(account, round, untilRound);
            emit StandingGained(round, account, untilRound);
        }
    }

    function _append(
        uint32 round,
        Scores calldata scores,
        bytes32 modelHash,
        bytes32[] memory votes,
        bytes32 statement
    ) private {
        uint32 number = _headNumber + 1;
        Block memory appended = Block({
            number: number,
            round: round,
            timestamp: _rounds[round].decisionTime,
            trainingItems: scores.trainingItems.toUint32(),
            testItems: scores.testItems.toUint32(),
            validModels: uint32(votes.length),
            attestations: _support[round][statement],
            previousHash: _blockHashes[number - 1],
            bestModel: votes[0],
            voteRoot: Tally.voteRoot(votes),
            dataRoot: scores.dataRoot
        });
        _blocks[number] = appended;
        _blockHashes[number] = _blockHash(appended);
        _majorities[number] = statement;
        _headNumber = number;
        _headModel = modelHash;
        _lastDataItems = uint64(appended.trainingItems) + appended.testItems;
        _rounds[round].blockNumber = number;
        _competition.phase = Phase.Final;
        _competition.voidsInARow = 0;
    }
}
