// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DisputeLedger} from "./DisputeLedger.sol";
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
import {PackedRows} from "./libraries/PackedRows.sol";
import {SamplePoints} from "./libraries/SamplePoints.sol";
import {SampleTree} from "./libraries/SampleTree.sol";
import {Statements} from "./libraries/Statements.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Disputes about statements, as IDisputes describes them.
contract Disputes is IDisputes, DisputeLedger {
    /// @dev What a statement binds the answer to a cell to.
    struct Bound {
        uint8 firstRow;
        uint8 secondRow;
        bytes32 first; // root over the first row's points
        bytes32 second;
        bool hasSecond; // else the second row is empty, and its points count as zeros
        bool isOfBaseline; // the second row is the baseline's: sums of points are bound too
        uint256 points;
        uint256 otherPoints;
        uint256 squares;
    }

    IDataRegistry private immutable _dataRegistry;
    IModelTransactions private immutable _modelTransactions;
    IBlockProduction private immutable _blockProduction;
    IJudge private immutable _judge;
    uint256 private immutable _parts;
    uint256 private immutable _testParts;
    uint256 private immutable _samplesPerPart;
    uint256 private immutable _voiceBasisPoints;

    mapping(uint32 round => mapping(bytes32 statement => mapping(uint256 what => uint32 question))) private _numbers;
    mapping(uint32 round => mapping(uint256 what => uint256 places)) private _askedPlaces;
    mapping(uint32 round => mapping(address account => Commitment)) private _commitments;

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    constructor(Contracts memory contracts) DisputeLedger(contracts, contracts.parameters.get().questionBond) {
        _dataRegistry = contracts.dataRegistry;
        _modelTransactions = contracts.modelTransactions;
        _blockProduction = contracts.blockProduction;
        _judge = contracts.judge;
        Parameters memory values = contracts.parameters.get();
        _parts = values.parts;
        _testParts = values.testParts;
        _samplesPerPart = values.samplesPerPart;
        _voiceBasisPoints = values.voiceBasisPoints;
    }

    // ---- questions ---------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function ask(bytes32 statement, IAttestations.Row[] calldata rows, Kind kind, uint32 row) external payable {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.Challenge);
        if (_attestations.support(round, statement) == 0) revert StatementUnknown(statement);
        _requireStanding(round, statement);
        _requireRows(round, statement, closed.dataRoot, rows);
        uint32 models = uint32(rows.length - 1);
        if (row > models) revert NoSuchRow(row, models);
        bool isEmpty = rows[row].hash == 0;
        if (kind == Kind.Form) _requireForm(row, models, closed.missing);
        else if (isEmpty) revert NothingClaimed(row);

        uint256 what = uint256(kind) << 32 | row;
        uint32 question = _numbers[round][statement][what];
        if (question != 0) revert AlreadyAsked(question);
        _takeBond(round, statement, Stage.Questions);
        question = ++_counts[round].questions;
        _numbers[round][statement][what] = question;
        if (isEmpty) ++_counts[round].forms;
        else ++_cases[round][statement].unanswered;
        Question storage asked = _questions[round][question];
        asked.statement = statement;
        asked.asker = msg.sender;
        // At most `questionBond` doubled 16 times, which the parameters hold to 96 bits.
        asked.bond = uint96(msg.value);
        // At most as many models as members: ProtocolParameters holds them to 128.
        (asked.kind, asked.row, asked.claimed) = (kind, uint8(row), !isEmpty);
        emit QuestionAsked(round, statement, msg.sender, question, kind, row, msg.value);
    }

    /// @inheritdoc IDisputes
    function askCell(uint32 question, uint32 place, uint32 voice) external payable {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.SecondChallenge);
        Question storage asked = _questionOf(round, question);
        if (asked.kind != Kind.Row) revert WrongKind(asked.kind);
        if (asked.answerer == address(0)) revert NotAnswered(question);
        bytes32 statement = asked.statement;
        _requireStanding(round, statement);
        uint32 count = Bits.count(closed.dataSet);
        if (place >= count) revert NoSuchPlace(place, count);
        if (voice > asked.compared) revert NoSuchVoice(voice, asked.compared);
        uint256 what = uint256(question) << 32 | voice;
        uint256 places = _askedPlaces[round][what];
        if (Bits.has(places, place)) revert AlreadyAsked(question);
        _takeBond(round, statement, Stage.Cells);
        _askedPlaces[round][what] = places | 1 << place;

        ++_cases[round][statement].unanswered;
        uint32 cell = ++_counts[round].cells;
        Cell storage entry = _cells[round][cell];
        entry.asker = msg.sender;
        // As a question's.
        entry.bond = uint96(msg.value);
        // Below the numbers of data transactions and of rows, at most 128 and 129.
        (entry.question, entry.place, entry.voice) = (question, uint8(place), uint8(voice));
        emit CellAsked(round, question, msg.sender, cell, place, voice, msg.value);
    }

    // ---- answers -----------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function answerRow(
        uint32 question,
        IAttestations.Row[] calldata rows,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        int64[2][] calldata edges
    ) external {
        (uint32 round, IModelChain.ClosedRound memory closed) = _requirePhase(IModelChain.Phase.Answer);
        Question storage asked = _requireUnanswered(round, question, Kind.Row);
        _requireRows(round, asked.statement, closed.dataRoot, rows);
        IAttestations.Row[] memory table = rows;
        uint256 row = asked.row;
        uint32[] memory voices = _blockProduction.comparedVoices(round, rows, row);
        uint256 transactions = Bits.count(closed.dataSet);
        address chain = address(_modelChain);
        PackedRows.requireRow(chain, round, table[row].hash, ofRow, transactions, voices.length);
        PackedRows.requireRow(chain, round, table[0].hash, ofBaseline, transactions, 0);
        if (edges.length != 3 + voices.length) revert PackedRows.WrongEdgeCount(edges.length, 3 + voices.length);
        PackedRows.requireSums(table[row], ofRow, ofBaseline, transactions, closed.trim, edges);
        PackedRows.requireDistances(table, row, voices, ofRow, transactions, closed.trim, edges, _voiceBasisPoints);
        // Fewer than there are models.
        asked.compared = uint8(voices.length);
        _answer(round, asked);
        ++_counts[round].answered;
        emit RowAnswered(round, question, msg.sender, ofRow, ofBaseline);
    }

    /// @inheritdoc IDisputes
    function answerForm(uint32 question, bytes calldata model) external {
        (uint32 round,) = _requirePhase(IModelChain.Phase.Answer);
        Question storage asked = _requireUnanswered(round, question, Kind.Form);
        if (!asked.claimed) revert NothingClaimed(asked.row);
        _requireModel(round, asked.row, model);
        if (!_judge.isWellFormed(model)) revert NotWellFormed();
        _answer(round, asked);
        ++_counts[round].answeredForms;
        emit FormAnswered(round, question, msg.sender);
    }

    /// @inheritdoc IDisputes
    function answerCell(
        uint32 cell,
        IAttestations.Row[] calldata rows,
        bytes calldata ofFirst,
        bytes calldata ofSecond,
        bytes calldata first,
        bytes calldata second
    ) external {
        (uint32 round, Bound memory bound) = _bind(cell, rows, ofFirst, ofSecond);
        _requirePoints(bound, first, second);
        _answerCell(round, cell, bound);
        emit CellAnswered(round, cell, msg.sender, first, second);
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
        bytes32 statement = _questions[round][entry.question].statement;
        _requireStanding(round, statement);
        _requireCommitment(round, true, cell, proof.sample, proof.salt);
        uint256 samples = _testParts * _samplesPerPart;
        if (proof.sample >= samples) revert NoSuchSample(proof.sample, samples);
        _requireSample(round, uint32(Bits.nth(closed.dataSet, entry.place)), proof);
        bytes32 root = proof.second ? entry.second : entry.first;
        if (!SamplePoints.contains(root, samples, proof.sample, proof.word, proof.wordPath)) revert NotTheWord();
        _requireModel(round, proof.second ? entry.secondRow : entry.firstRow, proof.model);
        uint8 stated = SamplePoints.at(proof.word, proof.sample);
        if (_earned(proof.model, proof.sampleRecord) == stated) revert NotRefuted(stated);
        _fallBefore(round, statement, Reason.Points);
    }

    /// @inheritdoc IDisputes
    function proveForm(uint32 question, bytes32 salt, bytes calldata model) external {
        (uint32 round,) = _requirePhase(IModelChain.Phase.Prove);
        Question storage asked = _questionOf(round, question);
        if (asked.kind != Kind.Form) revert WrongKind(asked.kind);
        bytes32 statement = asked.statement;
        _requireStanding(round, statement);
        if (asked.claimed) revert NothingClaimed(asked.row);
        _requireCommitment(round, false, question, 0, salt);
        _requireModel(round, asked.row, model);
        if (!_judge.isWellFormed(model)) revert NotRefuted(0);
        _fallBefore(round, statement, Reason.Form);
    }

    /// @inheritdoc IDisputes
    function proofOf(uint32 round, address account) external view returns (Commitment memory) {
        return _commitments[round][account];
    }

    // ---- phases ------------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function endPhase(uint32 round, IModelChain.Phase phase) external returns (IModelChain.Phase next) {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        Counts memory count = _counts[round];
        uint32 owed = count.questions - count.forms;
        if (phase == IModelChain.Phase.Challenge) {
            if (owed != 0) return IModelChain.Phase.Answer;
        } else if (phase == IModelChain.Phase.Answer) {
            if (count.answered + count.answeredForms != owed) _silence(round);
            if (count.answered != 0) return IModelChain.Phase.SecondChallenge;
        } else if (phase == IModelChain.Phase.SecondChallenge) {
            if (count.cells != 0) return IModelChain.Phase.SecondAnswer;
        } else if (phase == IModelChain.Phase.SecondAnswer) {
            if (count.answeredCells != count.cells) _silence(round);
            if (count.answeredCells != 0 && address(_judge) != address(0)) return IModelChain.Phase.Prove;
        } else {
            return IModelChain.Phase.Finalize;
        }
        return count.forms != 0 ? IModelChain.Phase.Prove : IModelChain.Phase.Finalize;
    }

    function _answer(uint32 round, Question storage asked) private {
        asked.answerer = msg.sender;
        --_cases[round][asked.statement].unanswered;
    }

    function _answerCell(uint32 round, uint32 cell, Bound memory bound) private {
        Cell storage entry = _cells[round][cell];
        entry.answerer = msg.sender;
        (entry.firstRow, entry.secondRow) = (bound.firstRow, bound.secondRow);
        (entry.first, entry.second) = (bound.first, bound.second);
        --_cases[round][_questions[round][entry.question].statement].unanswered;
        ++_counts[round].answeredCells;
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

    function _requireRows(uint32 round, bytes32 statement, bytes32 dataRoot, IAttestations.Row[] calldata rows)
        private
        view
    {
        bytes32 given = Statements.statement(address(_modelChain), round, dataRoot, rows);
        if (given != statement) revert NotTheStatement(given, statement);
    }

    function _requireStanding(uint32 round, bytes32 statement) private view {
        if (_attestations.hasFallen(round, statement)) revert StatementFallen(statement);
    }

    function _requireUnanswered(uint32 round, uint32 question, Kind kind)
        private
        view
        returns (Question storage asked)
    {
        asked = _questionOf(round, question);
        if (asked.kind != kind) revert WrongKind(asked.kind);
        if (asked.answerer != address(0)) revert AlreadyAnswered(question);
        _requireStanding(round, asked.statement);
    }

    /// @dev The judge can say whether the model is well formed.
    function _requireForm(uint32 row, uint32 models, uint256 missing) private view {
        if (address(_judge) == address(0)) revert NoJudge();
        if (row == 0) revert NoSuchRow(row, models);
        if (Bits.has(missing, row - 1)) revert NothingClaimed(row);
    }

    /// @dev What binds the answer to a cell; reverts unless these are the statement's rows, and what lies behind them.
    function _bind(uint32 cell, IAttestations.Row[] calldata rows, bytes calldata ofFirst, bytes calldata ofSecond)
        private
        view
        returns (uint32 round, Bound memory bound)
    {
        IModelChain.ClosedRound memory closed;
        (round, closed) = _requirePhase(IModelChain.Phase.SecondAnswer);
        Cell storage entry = _cellOf(round, cell);
        if (entry.answerer != address(0)) revert AlreadyAnswered(cell);
        Question storage asked = _questions[round][entry.question];
        _requireStanding(round, asked.statement);
        _requireRows(round, asked.statement, closed.dataRoot, rows);
        uint256 transactions = Bits.count(closed.dataSet);
        (bound.firstRow, bound.isOfBaseline) = (asked.row, entry.voice == 0);
        if (entry.voice != 0) {
            // A row's number is at most 128.
            bound.secondRow = uint8(_blockProduction.comparedVoices(round, rows, asked.row)[entry.voice - 1]);
        }
        bytes32 hash = rows[bound.firstRow].hash;
        PackedRows.requireRow(address(_modelChain), round, hash, ofFirst, transactions, asked.compared);
        hash = rows[bound.secondRow].hash;
        PackedRows.requireShortened(address(_modelChain), round, hash, ofSecond, transactions);
        bound.first = PackedRows.rootAt(ofFirst, entry.place);
        bound.second = PackedRows.rootAt(ofSecond, entry.place);
        bound.hasSecond = hash != 0;
        bound.points = PackedRows.pointsAt(ofFirst, entry.place);
        bound.otherPoints = PackedRows.pointsAt(ofSecond, entry.place);
        bound.squares = PackedRows.apartAt(ofFirst, entry.place, entry.voice, transactions);
    }

    /// @dev The points are those that are bound, and add up.
    function _requirePoints(Bound memory bound, bytes calldata first, bytes calldata second) private view {
        uint256 samples = _testParts * _samplesPerPart;
        SamplePoints.requireBound(first, samples, bound.first);
        SamplePoints.requireBound(second, bound.hasSecond ? samples : 0, bound.second);
        (uint256 points, uint256 otherPoints, uint256 squares) = SamplePoints.sums(first, second);
        bool addsUp = squares == bound.squares;
        if (bound.isOfBaseline) addsUp = addsUp && points == bound.points && otherPoints == bound.otherPoints;
        if (!addsUp) revert WrongPoints(points, otherPoints, squares);
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

    /// @dev What a model earns on a sample: nothing if it is malformed, of which a judge may give any points. The best
    /// one so far can be that, by a false statement that nobody disputed.
    function _earned(bytes calldata model, bytes calldata sampleRecord) private view returns (uint8) {
        return _judge.isWellFormed(model) ? _judge.points(model, sampleRecord) : 0;
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
