// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IDisputeLedger} from "./interfaces/IDisputeLedger.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";

/// @title What was asked and answered, bonds, and where they go: the part of disputes that holds ether.
abstract contract DisputeLedger is IDisputeLedger {
    /// @dev What is open against a statement.
    struct Case {
        uint16 unanswered; // questions that need an answer, and cells, that have none
        uint96 reward; // of a statement that fell by silence, until somebody took it
    }

    /// @dev The bonds against a statement in a stage.
    struct Bonds {
        uint256 others; // beside the attesters' first ones
        mapping(address account => bool) hasAsked; // attesters that had their first one
    }

    /// @dev Questions against a statement, or cells, beside the attesters' first ones.
    uint256 private constant MAXIMUM_OTHERS = 16;

    IModelChain internal immutable _modelChain;
    IAttestations internal immutable _attestations;
    address private immutable _membership;
    uint256 private immutable _questionBond;

    mapping(uint32 round => Counts) internal _counts;
    mapping(uint32 round => mapping(uint32 question => Question)) internal _questions;
    mapping(uint32 round => mapping(uint32 cell => Cell)) internal _cells;
    mapping(uint32 round => mapping(bytes32 statement => Case)) internal _cases;
    mapping(uint32 round => mapping(bytes32 statement => mapping(Stage => Bonds))) private _bonds;

    /// @param contracts all contracts of the deployment
    /// @param questionBond the parameter
    constructor(Contracts memory contracts, uint256 questionBond) {
        _modelChain = contracts.modelChain;
        _attestations = contracts.attestations;
        _membership = address(contracts.membership);
        _questionBond = questionBond;
    }

    /// @notice The reward for a statement that falls.
    receive() external payable {
        if (msg.sender != _membership) revert NotMembership(msg.sender, _membership);
    }

    // ---- settlement --------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputeLedger
    function settle(uint32 round, uint32 question) external {
        Question storage asked = _questionOf(round, question);
        _requireOver(round);
        if (asked.settled) revert AlreadySettled(question);
        asked.settled = true;
        bool isSilent = asked.claimed && asked.answerer == address(0);
        (address receiver, uint256 amount) =
            _due(round, asked.statement, asked.asker, asked.answerer, asked.bond, isSilent);
        emit QuestionSettled(round, question, receiver, amount);
        _pay(receiver, amount);
    }

    /// @inheritdoc IDisputeLedger
    function settleCell(uint32 round, uint32 cell) external {
        Cell storage entry = _cellOf(round, cell);
        _requireOver(round);
        if (entry.settled) revert AlreadySettled(cell);
        entry.settled = true;
        bytes32 statement = _questions[round][entry.question].statement;
        (address receiver, uint256 amount) =
            _due(round, statement, entry.asker, entry.answerer, entry.bond, entry.answerer == address(0));
        emit CellSettled(round, cell, receiver, amount);
        _pay(receiver, amount);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputeLedger
    function bondOf(uint32 round, bytes32 statement, address account, Stage stage) external view returns (uint256) {
        Bonds storage bonds = _bonds[round][statement][stage];
        return _bondOf(bonds, account, _isFirst(bonds, round, account));
    }

    /// @inheritdoc IDisputeLedger
    function questionAt(uint32 round, uint32 question) external view returns (Question memory) {
        return _questions[round][question];
    }

    /// @inheritdoc IDisputeLedger
    function cellAt(uint32 round, uint32 cell) external view returns (Cell memory) {
        return _cells[round][cell];
    }

    /// @inheritdoc IDisputeLedger
    function counts(uint32 round) external view returns (Counts memory) {
        return _counts[round];
    }

    // ---- what changes ------------------------------------------------------------------------------------------

    /// @dev Takes what the caller's next question, or cell, costs.
    function _takeBond(uint32 round, bytes32 statement, Stage stage) internal {
        Bonds storage bonds = _bonds[round][statement][stage];
        bool isFirst = _isFirst(bonds, round, msg.sender);
        uint256 expected = _bondOf(bonds, msg.sender, isFirst);
        if (msg.value != expected) revert WrongBond(msg.value, expected);
        if (isFirst) bonds.hasAsked[msg.sender] = true;
        else ++bonds.others;
    }

    /// @dev Statements with something unanswered fall. There are at most as many as attesters.
    function _silence(uint32 round) internal {
        bytes32[] memory statements = _attestations.statementsOf(round);
        for (uint256 i; i < statements.length; ++i) {
            Case storage entry = _cases[round][statements[i]];
            if (entry.unanswered == 0) continue;
            if (_attestations.hasFallen(round, statements[i])) continue;
            // At most `challengeReward`, which the parameters hold to 96 bits.
            entry.reward = uint96(_fall(round, statements[i], Reason.Silence, address(0)));
        }
    }

    /// @dev The caller has shown that a statement is false, and has the reward.
    function _fallBefore(uint32 round, bytes32 statement, Reason reason) internal {
        _pay(msg.sender, _fall(round, statement, reason, msg.sender));
    }

    /// @dev Returns the reward, which is here then.
    function _fall(uint32 round, bytes32 statement, Reason reason, address by) private returns (uint256) {
        (uint256 taken, uint256 reward) = _attestations.fall(round, statement);
        emit StatementFell(round, statement, reason, by, taken, reward);
        return reward;
    }

    /// @dev Whose a bond is when the round's disputes are over, and how much of it.
    function _due(uint32 round, bytes32 statement, address asker, address answerer, uint96 bond, bool isSilent)
        private
        returns (address receiver, uint256 amount)
    {
        if (!_attestations.hasFallen(round, statement)) {
            return (answerer, answerer == address(0) ? 0 : bond / 2);
        }
        (receiver, amount) = (asker, bond);
        Case storage entry = _cases[round][statement];
        if (isSilent && entry.reward != 0) {
            amount += entry.reward;
            entry.reward = 0;
        }
    }

    /// @dev Last of all: an account that comes back in finds everything done.
    function _pay(address receiver, uint256 amount) private {
        if (amount == 0) return;
        (bool paid,) = receiver.call{value: amount}("");
        if (!paid) revert TransferFailed(receiver, amount);
    }

    // ---- checks ------------------------------------------------------------------------------------------------

    function _requireOver(uint32 round) private view {
        (uint32 competing, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (round > competing || (round == competing && phase < IModelChain.Phase.Finalize)) {
            revert NotSettleable(round);
        }
    }

    function _bondOf(Bonds storage bonds, address account, bool isFirst) private view returns (uint256) {
        if (isFirst) return _questionBond;
        uint256 others = bonds.others;
        if (others == MAXIMUM_OTHERS) revert TooManyQuestions(account, others);
        return _questionBond << (1 + others);
    }

    /// @dev Whether it is an attester that has not asked yet.
    function _isFirst(Bonds storage bonds, uint32 round, address account) private view returns (bool) {
        return !bonds.hasAsked[account] && _attestations.isAttester(round, account);
    }

    /// @dev A question; reverts with NoSuchQuestion.
    function _questionOf(uint32 round, uint32 question) internal view returns (Question storage asked) {
        asked = _questions[round][question];
        if (asked.asker == address(0)) revert NoSuchQuestion(round, question);
    }

    /// @dev A cell; reverts with NoSuchCell.
    function _cellOf(uint32 round, uint32 cell) internal view returns (Cell storage entry) {
        entry = _cells[round][cell];
        if (entry.asker == address(0)) revert NoSuchCell(round, cell);
    }
}
