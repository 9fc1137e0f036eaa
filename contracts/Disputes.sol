// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IBlockProduction} from "./interfaces/IBlockProduction.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IDisputes} from "./interfaces/IDisputes.sol";
import {IJudge} from "./interfaces/IJudge.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {Bits} from "./libraries/Bits.sol";
import {RowClaims} from "./libraries/RowClaims.sol";
import {SamplePoints} from "./libraries/SamplePoints.sol";
import {SampleTree} from "./libraries/SampleTree.sol";
import {StatementClaims} from "./libraries/StatementClaims.sol";
import {Statements} from "./libraries/Statements.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Disputes about statements, as IDisputes describes them.
contract Disputes is IDisputes {
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
    uint256 private constant BASIS_POINTS = 10_000;

    IModelChain private immutable _modelChain;
    IDataRegistry private immutable _dataRegistry;
    IModelTransactions private immutable _modelTransactions;
    IAttestations private immutable _attestations;
    IBlockProduction private immutable _blockProduction;
    address private immutable _membership;
    IJudge private immutable _judge;
    uint256 private immutable _parts;
    uint256 private immutable _testParts;
    uint256 private immutable _samplesPerPart;
    uint256 private immutable _voiceBasisPoints;
    uint256 private immutable _questionBond;

    mapping(uint32 round => Counts) private _counts;
    mapping(uint32 round => mapping(uint32 question => Question)) private _questions;
    mapping(uint32 round => mapping(uint32 cell => Cell)) private _cells;
    mapping(uint32 round => mapping(bytes32 statement => Case)) private _cases;
    mapping(uint32 round => mapping(bytes32 statement => mapping(Stage => Bonds))) private _bonds;
    mapping(uint32 round => mapping(bytes32 statement => mapping(uint256 what => uint32 question))) private _numbers;
    mapping(uint32 round => mapping(address account => Commitment)) private _commitments;

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _dataRegistry = contracts.dataRegistry;
        _modelTransactions = contracts.modelTransactions;
        _attestations = contracts.attestations;
        _blockProduction = contracts.blockProduction;
        _membership = address(contracts.membership);
        _judge = contracts.judge;
        Parameters memory values = contracts.parameters.get();
        _parts = values.parts;
        _testParts = values.testParts;
        _samplesPerPart = values.samplesPerPart;
        _voiceBasisPoints = values.voiceBasisPoints;
        _questionBond = values.questionBond;
    }

    /// @notice The reward for a statement that falls.
    receive() external payable {
        if (msg.sender != _membership) revert NotMembership(msg.sender, _membership);
    }

    // ---- questions ---------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function ask(bytes32 statement, IAttestations.Row[] calldata rows, Kind kind, uint32 row, uint32 other)
        external
        payable
    {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.Challenge);
        _requireStatement(round, statement, closed.dataRoot, rows);
        IAttestations.Row[] memory table = rows;
        uint32 models = uint32(table.length - 1);
        if (row > models) revert NoSuchRow(row, models);
        _takeBond(round, statement, Stage.Questions);

        StatementClaims.Known memory known = _known(round);
        if (StatementClaims.isFlawed(table, 0, known) || StatementClaims.isFlawed(table, row, known)) {
            _fallBefore(round, statement, Reason.Structure, msg.value);
            return;
        }
        bool claimed = table[row].hash != 0;
        if (kind == Kind.Pair) {
            claimed = _claimsVariant(table, row, other, known);
        } else {
            if (kind == Kind.Form) _requireForm(row, models, closed.missing);
            if (other != 0) revert NoSuchRow(other, models);
            if (kind == Kind.Row && !claimed) revert NothingClaimed(row, other);
        }

        uint32 question = _number(round, statement, kind, row, other);
        if (kind == Kind.Form) ++_counts[round].forms;
        else ++_cases[round][statement].unanswered;
        Question storage asked = _questions[round][question];
        asked.statement = statement;
        asked.claim = keccak256(abi.encode(table[row], table[other]));
        asked.asker = msg.sender;
        // At most `questionBond` doubled 16 times, which the parameters hold to 96 bits.
        asked.bond = uint96(msg.value);
        // At most as many models as members: ProtocolParameters holds them to 128.
        (asked.kind, asked.row, asked.other, asked.claimed) = (kind, uint8(row), uint8(other), claimed);
        emit QuestionAsked(round, statement, msg.sender, question, kind, row, other, msg.value);
    }

    /// @inheritdoc IDisputes
    function askCell(uint32 question, uint32 place) external payable {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.SecondChallenge);
        Question storage asked = _questionOf(round, question);
        if (asked.answerer == address(0)) revert NotAnswered(question);
        bytes32 statement = asked.statement;
        _requireStanding(round, statement);
        uint32 count = Bits.count(closed.dataSet);
        if (place >= count) revert NoSuchPlace(place, count);
        if (Bits.has(asked.places, place)) revert AlreadyAsked(question);
        _takeBond(round, statement, Stage.Cells);

        asked.places |= uint128(1) << place;
        ++_cases[round][statement].unanswered;
        uint32 cell = ++_counts[round].cells;
        Cell storage entry = _cells[round][cell];
        entry.asker = msg.sender;
        // As a question's.
        entry.bond = uint96(msg.value);
        // A place is below the number of data transactions, at most 128.
        (entry.question, entry.place) = (question, uint8(place));
        emit CellAsked(round, question, msg.sender, cell, place, msg.value);
    }

    // ---- answers -----------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function answerRow(
        uint32 question,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second,
        bytes calldata ofRow,
        bytes calldata ofBaseline
    ) external {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.Answer);
        Question storage asked = _requireUnanswered(round, question, Kind.Row, first, second);
        uint256 transactions = Bits.count(closed.dataSet);
        _requireRows(round, first.hash, second.hash, ofRow, ofBaseline, transactions);
        RowClaims.requireSums(first, ofRow, ofBaseline, transactions, closed.trim);
        _answer(round, asked);
        emit RowAnswered(round, question, msg.sender, ofRow, ofBaseline);
    }

    /// @inheritdoc IDisputes
    function answerPair(
        uint32 question,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second,
        bytes calldata distances
    ) external {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.Answer);
        Question storage asked = _requireUnanswered(round, question, Kind.Pair, first, second);
        uint256 middle = RowClaims.middleDistance(distances, Bits.count(closed.dataSet), closed.trim);
        uint256 spread = first.spread < second.spread ? first.spread : second.spread;
        if (middle * BASIS_POINTS < _voiceBasisPoints * spread != asked.claimed) revert WrongDistance(middle);
        asked.distances = keccak256(distances);
        _answer(round, asked);
        emit PairAnswered(round, question, msg.sender, distances);
    }

    /// @inheritdoc IDisputes
    function answerCell(
        uint32 cell,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        bytes calldata points
    ) external {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.SecondAnswer);
        Cell storage entry = _cellOf(round, cell);
        if (entry.answerer != address(0)) revert AlreadyAnswered(cell);
        Question storage asked = _questions[round][entry.question];
        bytes32 statement = asked.statement;
        _requireStanding(round, statement);
        _requireClaim(asked, first, second);
        bool isPair = asked.kind == Kind.Pair;
        if (isPair) {
            bytes32 given = keccak256(ofRow);
            if (given != asked.distances) revert RowClaims.NotTheRow(given, asked.distances);
            RowClaims.requireLength(ofBaseline, 0);
        } else {
            _requireRows(round, first.hash, second.hash, ofRow, ofBaseline, Bits.count(closed.dataSet));
        }
        SamplePoints.Sums memory sums = SamplePoints.read(points, _testParts * _samplesPerPart);
        if (isPair) SamplePoints.requireDistance(sums, ofRow, entry.place);
        else SamplePoints.requireRows(sums, ofRow, ofBaseline, entry.place);
        entry.root = sums.root;
        entry.answerer = msg.sender;
        --_cases[round][statement].unanswered;
        ++_counts[round].answeredCells;
        emit CellAnswered(round, cell, msg.sender, points);
    }

    // ---- proofs ------------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function commitProof(bytes32 hash) external {
        (uint32 round, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (phase < IModelChain.Phase.Challenge || phase > IModelChain.Phase.Prove) {
            revert WrongPhase(uint8(phase), uint8(IModelChain.Phase.Challenge));
        }
        if (hash == 0) revert EmptyCommitment();
        _commitments[round][msg.sender] = Commitment({hash: hash, blockNumber: uint64(block.number)});
        emit ProofCommitted(round, msg.sender, hash);
    }

    /// @inheritdoc IDisputes
    function prove(uint32 cell, Proof calldata proof) external {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.Prove);
        Cell storage entry = _cellOf(round, cell);
        if (entry.answerer == address(0)) revert NotAnswered(cell);
        Question storage asked = _questions[round][entry.question];
        bytes32 statement = asked.statement;
        _requireStanding(round, statement);
        _requireCommitment(round, true, cell, proof.sample, proof.salt);
        uint256 samples = _testParts * _samplesPerPart;
        if (proof.sample >= samples) revert NoSuchSample(proof.sample, samples);
        _requireSample(round, uint32(Bits.nth(closed.dataSet, entry.place)), proof);
        if (!SamplePoints.contains(entry.root, samples, proof.sample, proof.word, proof.wordPath)) revert NotTheWord();
        _requireModel(round, proof.second ? asked.other : asked.row, proof.model);
        uint8 stated = SamplePoints.at(proof.word, proof.sample, proof.second);
        if (_judge.points(proof.model, proof.sampleRecord) == stated) revert NotRefuted(stated);
        _fallBefore(round, statement, Reason.Points, 0);
    }

    /// @inheritdoc IDisputes
    function proveForm(uint32 question, bytes32 salt, bytes calldata model) external {
        (uint32 round,) = _requirePhase(IModelChain.Phase.Prove);
        Question storage asked = _questionOf(round, question);
        if (asked.kind != Kind.Form) revert WrongKind(asked.kind);
        bytes32 statement = asked.statement;
        _requireStanding(round, statement);
        _requireCommitment(round, false, question, 0, salt);
        _requireModel(round, asked.row, model);
        if (_judge.isWellFormed(model) == asked.claimed) revert NotRefuted(asked.claimed ? 1 : 0);
        _fallBefore(round, statement, Reason.Form, 0);
    }

    // ---- settlement --------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function settle(uint32 round, uint32 question) external {
        Question storage asked = _questionOf(round, question);
        _requireOver(round);
        if (asked.settled) revert AlreadySettled(question);
        asked.settled = true;
        bool isSilent = asked.answerer == address(0) && asked.kind != Kind.Form;
        (address receiver, uint256 amount) =
            _due(round, asked.statement, asked.asker, asked.answerer, asked.bond, isSilent);
        emit QuestionSettled(round, question, receiver, amount);
        _pay(receiver, amount);
    }

    /// @inheritdoc IDisputes
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

    /// @inheritdoc IDisputes
    function endPhase(uint32 round, IModelChain.Phase phase) external returns (IModelChain.Phase next) {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        Counts memory count = _counts[round];
        bool hasForms = count.forms != 0;
        if (phase == IModelChain.Phase.Challenge) {
            if (count.questions != count.forms) return IModelChain.Phase.Answer;
        } else if (phase == IModelChain.Phase.Answer) {
            if (count.answered + count.forms != count.questions) _silence(round);
            if (count.answered != 0) return IModelChain.Phase.SecondChallenge;
        } else if (phase == IModelChain.Phase.SecondChallenge) {
            if (count.cells != 0) return IModelChain.Phase.SecondAnswer;
        } else if (phase == IModelChain.Phase.SecondAnswer) {
            if (count.answeredCells != count.cells) _silence(round);
            if (count.answeredCells != 0 && address(_judge) != address(0)) return IModelChain.Phase.Prove;
        } else {
            return IModelChain.Phase.Finalize;
        }
        return hasForms ? IModelChain.Phase.Prove : IModelChain.Phase.Finalize;
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function bondOf(uint32 round, bytes32 statement, address account, Stage stage) external view returns (uint256) {
        Bonds storage bonds = _bonds[round][statement][stage];
        return _bondOf(bonds, account, _isFirst(bonds, round, account));
    }

    /// @inheritdoc IDisputes
    function questionAt(uint32 round, uint32 question) external view returns (Question memory) {
        return _questions[round][question];
    }

    /// @inheritdoc IDisputes
    function cellAt(uint32 round, uint32 cell) external view returns (Cell memory) {
        return _cells[round][cell];
    }

    /// @inheritdoc IDisputes
    function counts(uint32 round) external view returns (Counts memory) {
        return _counts[round];
    }

    /// @inheritdoc IDisputes
    function proofOf(uint32 round, address account) external view returns (Commitment memory) {
        return _commitments[round][account];
    }

    // ---- what changes ------------------------------------------------------------------------------------------

    /// @dev Takes what the caller's next question, or cell, costs.
    function _takeBond(uint32 round, bytes32 statement, Stage stage) private {
        Bonds storage bonds = _bonds[round][statement][stage];
        bool isFirst = _isFirst(bonds, round, msg.sender);
        uint256 expected = _bondOf(bonds, msg.sender, isFirst);
        if (msg.value != expected) revert WrongBond(msg.value, expected);
        if (isFirst) bonds.hasAsked[msg.sender] = true;
        else ++bonds.others;
    }

    /// @dev The number of a new question; once about the same.
    function _number(uint32 round, bytes32 statement, Kind kind, uint32 row, uint32 other)
        private
        returns (uint32 question)
    {
        mapping(uint256 what => uint32) storage numbers = _numbers[round][statement];
        uint256 what = uint256(kind) << 64 | uint256(row) << 32 | other;
        if (numbers[what] != 0) revert AlreadyAsked(numbers[what]);
        question = ++_counts[round].questions;
        numbers[what] = question;
    }

    function _answer(uint32 round, Question storage asked) private {
        asked.answerer = msg.sender;
        --_cases[round][asked.statement].unanswered;
        ++_counts[round].answered;
    }

    /// @dev Statements with something unanswered fall. There are at most as many as attesters.
    function _silence(uint32 round) private {
        bytes32[] memory statements = _attestations.statementsOf(round);
        for (uint256 i; i < statements.length; ++i) {
            Case storage entry = _cases[round][statements[i]];
            if (entry.unanswered == 0) continue;
            if (_attestations.hasFallen(round, statements[i])) continue;
            // At most `challengeReward`, which the parameters hold to 96 bits.
            entry.reward = uint96(_fall(round, statements[i], Reason.Silence, address(0)));
        }
    }

    /// @dev Returns the reward, which is here then.
    function _fall(uint32 round, bytes32 statement, Reason reason, address by) private returns (uint256) {
        (uint256 taken, uint256 reward) = _attestations.fall(round, statement);
        emit StatementFell(round, statement, reason, by, taken, reward);
        return reward;
    }

    /// @dev The caller has shown that a statement is false: it has the reward, and what it sent back.
    function _fallBefore(uint32 round, bytes32 statement, Reason reason, uint256 sent) private {
        _pay(msg.sender, sent + _fall(round, statement, reason, msg.sender));
    }

    /// @dev Whose a bond is when the round's disputes are over, and how much of it.
    function _due(
        uint32 round,
        bytes32 statement,
        address asker,
        address answerer,
        uint96 bond,
        bool isSilent
    ) private returns (address receiver, uint256 amount) {
        if (!_attestations.hasFallen(round, statement)) return (answerer, answerer == address(0) ? 0 : bond / 2);
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

    function _requirePhase(IModelChain.Phase required)
        private
        view
        returns (uint32 round, IModelChain.ClosedRound memory)
    {
        IModelChain.Phase phase;
        (round, phase) = _modelChain.currentPhase();
        if (phase != required) revert WrongPhase(uint8(phase), uint8(required));
        return (round, _modelChain.closedRound(round));
    }

    function _requireOver(uint32 round) private view {
        (uint32 competing, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (round > competing || (round == competing && phase < IModelChain.Phase.Finalize)) {
            revert NotSettleable(round);
        }
    }

    function _requireStatement(uint32 round, bytes32 statement, bytes32 dataRoot, IAttestations.Row[] calldata rows)
        private
        view
    {
        bytes32 given = Statements.statement(address(_modelChain), round, dataRoot, rows);
        if (given != statement) revert NotTheStatement(given, statement);
        if (_attestations.support(round, statement) == 0) revert StatementUnknown(statement);
        _requireStanding(round, statement);
    }

    function _requireStanding(uint32 round, bytes32 statement) private view {
        if (_attestations.hasFallen(round, statement)) revert StatementFallen(statement);
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

    function _questionOf(uint32 round, uint32 question) private view returns (Question storage asked) {
        asked = _questions[round][question];
        if (asked.asker == address(0)) revert NoSuchQuestion(round, question);
    }

    function _cellOf(uint32 round, uint32 cell) private view returns (Cell storage entry) {
        entry = _cells[round][cell];
        if (entry.asker == address(0)) revert NoSuchCell(round, cell);
    }

    function _requireUnanswered(
        uint32 round,
        uint32 question,
        Kind kind,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second
    ) private view returns (Question storage asked) {
        asked = _questionOf(round, question);
        if (asked.kind != kind) revert WrongKind(asked.kind);
        if (asked.answerer != address(0)) revert AlreadyAnswered(question);
        _requireStanding(round, asked.statement);
        _requireClaim(asked, first, second);
    }

    function _requireClaim(
        Question storage asked,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second
    ) private view {
        bytes32 given = keccak256(abi.encode(first, second));
        if (given != asked.claim) revert NotTheClaim(given, asked.claim);
    }

    function _requireRows(
        uint32 round,
        bytes32 hash,
        bytes32 baselineHash,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        uint256 transactions
    ) private view {
        RowClaims.requireRow(address(_modelChain), round, hash, ofRow, transactions);
        RowClaims.requireRow(address(_modelChain), round, baselineHash, ofBaseline, transactions);
    }

    /// @dev The judge can say whether the model is well formed.
    function _requireForm(uint32 row, uint32 models, uint256 missing) private view {
        if (address(_judge) == address(0)) revert NoJudge();
        if (row == 0) revert NoSuchRow(row, models);
        if (Bits.has(missing, row - 1)) revert NothingClaimed(row, 0);
    }

    /// @dev Whether a statement claims that a model repeats another, or that it does not; reverts if neither.
    function _claimsVariant(
        IAttestations.Row[] memory rows,
        uint32 row,
        uint32 other,
        StatementClaims.Known memory known
    ) private view returns (bool) {
        uint32 models = uint32(rows.length - 1);
        if (row == 0 || other == 0 || other > models || other == row) revert NoSuchRow(other, models);
        uint32 repeats = rows[row].repeats;
        if (repeats == other) return true;
        bool isClaim = known.hasBest && StatementClaims.couldRepeat(rows, row, other, known)
            && (repeats == 0 || StatementClaims.isBetter(rows, other, repeats, known));
        if (!isClaim) revert NothingClaimed(row, other);
        return false;
    }

    function _known(uint32 round) private view returns (StatementClaims.Known memory) {
        (,, bytes32 best) = _modelChain.head();
        return StatementClaims.Known({
            transactions: _modelTransactions,
            round: round,
            hasBest: best != 0,
            required: _blockProduction.required(round)
        });
    }

    function _requireCommitment(uint32 round, bool isCell, uint32 number, uint32 sample, bytes32 salt) private view {
        bytes32 opened = keccak256(
            abi.encode(Tags.PROOF, block.chainid, _modelChain, round, msg.sender, isCell, number, sample, salt)
        );
        Commitment memory committed = _commitments[round][msg.sender];
        if (committed.hash != opened) revert CommitmentMismatch(committed.hash, opened);
        if (committed.blockNumber == block.number) revert ProofTooEarly(block.number);
    }

    /// @dev The sample stands under the samples root of the data transaction with that number.
    function _requireSample(uint32 round, uint32 index, Proof calldata proof) private view {
        bytes32 id = _dataRegistry.identify(proof.record);
        if (id != _dataRegistry.idOf(round, index)) revert UnknownData(proof.record.round, index, id);
        uint256 perPart = _samplesPerPart;
        uint256 part = Bits.nth(_dataRegistry.testParts(round, index), proof.sample / perPart);
        bool isThere = SampleTree.contains(
            proof.record.samplesRoot,
            proof.sampleRecord,
            proof.sample % perPart,
            perPart,
            proof.samplePath,
            part,
            _parts,
            proof.partPath
        );
        if (!isThere) revert NotTheSample();
    }

    /// @dev The file is the model of a row: the best one so far, or a revealed one.
    function _requireModel(uint32 round, uint8 row, bytes calldata model) private view {
        bytes32 expected;
        if (row == 0) (,, expected) = _modelChain.head();
        else expected = _modelTransactions.revealAt(round, row - 1).modelHash;
        bytes32 given = sha256(model);
        if (given != expected) revert NotTheModel(given, expected);
    }
}
