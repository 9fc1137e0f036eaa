// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IDisputes} from "./interfaces/IDisputes.sol";
import {IJudge} from "./interfaces/IJudge.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {Bits} from "./libraries/Bits.sol";
import {Judging} from "./libraries/Judging.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {RowClaims} from "./libraries/RowClaims.sol";
import {SamplePoints} from "./libraries/SamplePoints.sol";
import {SampleTree} from "./libraries/SampleTree.sol";
import {StatementClaims} from "./libraries/StatementClaims.sol";
import {Statements} from "./libraries/Statements.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Disputes about statements, as IDisputes describes them.
contract Disputes is IDisputes {
    /// @dev What is open against a statement, in one slot.
    struct Case {
        uint16 unanswered; // questions that need an answer and have none
        uint16 unansweredCells;
        uint8 others; // questions beside the attesters' first ones
        uint8 otherCells;
        uint96 reward; // of a statement that fell by silence, until somebody took it
    }

    /// @dev Whether an attester has asked its first question against a statement, or for its first cell.
    struct Asked {
        bool question;
        bool cell;
    }

    /// @dev Questions against a statement, or cells, beside the attesters' first ones.
    uint256 private constant MAXIMUM_OTHERS = 16;
    uint256 private constant BASIS_POINTS = 10_000;

    IModelChain private immutable _modelChain;
    IDataRegistry private immutable _dataRegistry;
    IModelTransactions private immutable _modelTransactions;
    IAttestations private immutable _attestations;
    address private immutable _membership;
    IJudge private immutable _judge;
    uint256 private immutable _parts;
    uint256 private immutable _testParts;
    uint256 private immutable _samplesPerPart;
    uint256 private immutable _significance;
    uint256 private immutable _hostileAllowance;
    uint256 private immutable _triesAllowance;
    uint256 private immutable _voiceBasisPoints;
    uint256 private immutable _questionBond;

    mapping(uint32 round => Counts) private _counts;
    mapping(uint32 round => mapping(uint32 question => Question)) private _questions;
    mapping(uint32 round => mapping(uint32 cell => Cell)) private _cells;
    mapping(uint32 round => mapping(bytes32 statement => Case)) private _cases;
    mapping(uint32 round => mapping(bytes32 statement => mapping(address account => Asked))) private _asked;
    mapping(uint32 round => mapping(bytes32 statement => mapping(uint256 what => bool))) private _isAsked;
    mapping(uint32 round => mapping(address account => Commitment)) private _commitments;

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _dataRegistry = contracts.dataRegistry;
        _modelTransactions = contracts.modelTransactions;
        _attestations = contracts.attestations;
        _membership = address(contracts.membership);
        _judge = contracts.judge;
        Parameters memory values = contracts.parameters.get();
        _parts = values.parts;
        _testParts = values.testParts;
        _samplesPerPart = values.samplesPerPart;
        _significance = values.significance;
        _hostileAllowance = values.hostileAllowance;
        _triesAllowance = values.triesAllowance;
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
        uint32 round = _requirePhase(IModelChain.Phase.Challenge);
        IModelChain.ClosedRound memory closed = _modelChain.closedRound(round);
        _requireRows(round, statement, closed.dataRoot, rows);
        bool isFirst = _requireBond(round, statement, Stage.Questions);
        uint32 models = uint32(rows.length - 1);
        if (row > models) revert NoSuchRow(row, models);

        StatementClaims.Known memory known = _known(round, closed);
        if (StatementClaims.isFlawed(rows, 0, known) || StatementClaims.isFlawed(rows, row, known)) {
            uint256 reward = _fall(round, statement, Reason.Structure, msg.sender);
            _pay(msg.sender, msg.value + reward);
            return;
        }
        bool claimed;
        if (kind == Kind.Pair) {
            if (row == 0 || other == 0 || other > models || other == row) revert NoSuchRow(other, models);
            claimed = _claimsVariant(rows, row, other, known);
        } else {
            if (other != 0) revert NoSuchRow(other, models);
            claimed = rows[row].hash != 0;
            if (kind == Kind.Row) {
                if (!claimed) revert NothingClaimed(kind, row, other);
            } else {
                if (address(_judge) == address(0)) revert NoJudge();
                if (row == 0 || Bits.has(closed.missing, row - 1)) revert NothingClaimed(kind, row, other);
            }
        }
        _note(round, statement, kind, row, other);
        if (isFirst) _asked[round][statement][msg.sender].question = true;
        else ++_cases[round][statement].others;
        uint32 question = ++_counts[round].questions;
        if (kind == Kind.Form) ++_counts[round].forms;
        else ++_cases[round][statement].unanswered;
        Question storage asked = _questions[round][question];
        asked.statement = statement;
        asked.claim = keccak256(abi.encode(rows[row], rows[other]));
        asked.asker = msg.sender;
        // At most `questionBond` doubled 16 times, which the parameters hold to 96 bits.
        asked.bond = uint96(msg.value);
        // At most as many rows as there are members, and one: see ProtocolParameters.
        (asked.kind, asked.row, asked.other, asked.claimed) = (kind, uint8(row), uint8(other), claimed);
        emit QuestionAsked(round, statement, msg.sender, question, kind, row, other, msg.value);
    }

    /// @inheritdoc IDisputes
    function askCell(uint32 question, uint32 place) external payable {
        uint32 round = _requirePhase(IModelChain.Phase.SecondChallenge);
        Question storage asked = _standingQuestion(round, question);
        if (asked.answerer == address(0)) revert NotAnswered(question);
        uint32 count = Bits.count(_modelChain.closedRound(round).dataSet);
        if (place >= count) revert NoSuchPlace(place, count);
        if (Bits.has(asked.places, place)) revert AlreadyAsked(question, place);
        bytes32 statement = asked.statement;
        bool isFirst = _requireBond(round, statement, Stage.Cells);

        asked.places |= uint128(1) << place;
        if (isFirst) _asked[round][statement][msg.sender].cell = true;
        else ++_cases[round][statement].otherCells;
        ++_cases[round][statement].unansweredCells;
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
        uint32 round = _requirePhase(IModelChain.Phase.Answer);
        _requireAnswerable(round, question, Kind.Row, first, second);
        RowClaims.requireRow(address(_modelChain), round, first, ofRow);
        RowClaims.requireRow(address(_modelChain), round, second, ofBaseline);
        IModelChain.ClosedRound memory closed = _modelChain.closedRound(round);
        RowClaims.requireSums(first, ofRow, ofBaseline, Bits.count(closed.dataSet), closed.trim);
        _answer(round, question);
        emit RowAnswered(round, question, msg.sender, ofRow, ofBaseline);
    }

    /// @inheritdoc IDisputes
    function answerPair(
        uint32 question,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second,
        bytes calldata distances
    ) external {
        uint32 round = _requirePhase(IModelChain.Phase.Answer);
        Question storage asked = _requireAnswerable(round, question, Kind.Pair, first, second);
        IModelChain.ClosedRound memory closed = _modelChain.closedRound(round);
        uint256 middle = RowClaims.middleDistance(distances, Bits.count(closed.dataSet), closed.trim);
        uint256 spread = first.spread < second.spread ? first.spread : second.spread;
        bool isVariant = middle * BASIS_POINTS < _voiceBasisPoints * spread;
        if (isVariant != asked.claimed) revert WrongDistances(middle, asked.claimed);
        asked.distances = keccak256(distances);
        _answer(round, question);
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
        uint32 round = _requirePhase(IModelChain.Phase.SecondAnswer);
        Cell storage entry = _cellOf(round, cell);
        Question storage asked = _standingQuestion(round, entry.question);
        if (entry.answerer != address(0)) revert AlreadyAnswered(cell);
        _requireClaim(asked, first, second);

        (bytes32 root, uint256 own, uint256 others, uint256 squares) =
            SamplePoints.read(points, _testParts * _samplesPerPart);
        bool addsUp;
        if (asked.kind == Kind.Pair) {
            bytes32 given = keccak256(ofRow);
            if (given != asked.distances) revert NotTheDistances(given, asked.distances);
            addsUp = squares == RowClaims.distanceAt(ofRow, entry.place);
        } else {
            RowClaims.requireRow(address(_modelChain), round, first, ofRow);
            RowClaims.requireRow(address(_modelChain), round, second, ofBaseline);
            (uint32 earned, uint32 apart) = RowClaims.at(ofRow, entry.place);
            uint32 against;
            if (ofBaseline.length != 0) (against,) = RowClaims.at(ofBaseline, entry.place);
            addsUp = own == earned && others == against && squares == apart;
        }
        if (!addsUp) revert SamplePoints.PointsDoNotAddUp(own, others, squares);

        entry.root = root;
        entry.answerer = msg.sender;
        --_cases[round][asked.statement].unansweredCells;
        ++_counts[round].answeredCells;
        emit CellAnswered(round, cell, msg.sender, points);
    }

    // ---- proofs ------------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function commitProof(bytes32 hash) external {
        (uint32 round, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (phase < IModelChain.Phase.Challenge || phase > IModelChain.Phase.Prove) revert NoDispute(uint8(phase));
        _commitments[round][msg.sender] = Commitment({hash: hash, blockNumber: uint64(block.number)});
        emit ProofCommitted(round, msg.sender, hash);
    }

    /// @inheritdoc IDisputes
    function prove(uint32 cell, Proof calldata proof) external {
        uint32 round = _requirePhase(IModelChain.Phase.Prove);
        if (address(_judge) == address(0)) revert NoJudge();
        Cell memory entry = _cellOf(round, cell);
        if (entry.answerer == address(0)) revert NotAnswered(cell);
        Question storage asked = _standingQuestion(round, entry.question);
        _requireCommitment(round, true, cell, proof.sample, proof.salt);
        _requireSample(round, entry.place, proof);

        uint256 word = proof.sample / SamplePoints.PER_WORD;
        uint256 words = (_testParts * _samplesPerPart + SamplePoints.PER_WORD - 1) / SamplePoints.PER_WORD;
        if (!MerkleTree.verify(entry.root, proof.word, word, words, proof.wordPath)) {
            revert WordNotThere(entry.root, word);
        }
        _requireModel(round, proof.second ? asked.other : asked.row, proof.model);
        uint8 stated = SamplePoints.at(proof.word, proof.sample, proof.second);
        if (_judge.points(proof.model, proof.sampleRecord) == stated) revert NotRefuted(stated);
        _pay(msg.sender, _fall(round, asked.statement, Reason.Points, msg.sender));
    }

    /// @inheritdoc IDisputes
    function proveForm(uint32 question, bytes32 salt, bytes calldata model) external {
        uint32 round = _requirePhase(IModelChain.Phase.Prove);
        Question storage asked = _standingQuestion(round, question);
        if (asked.kind != Kind.Form) revert WrongKind(asked.kind);
        _requireCommitment(round, false, question, 0, salt);
        _requireModel(round, asked.row, model);
        if (_judge.isWellFormed(model) == asked.claimed) revert NotRefuted(asked.claimed ? 1 : 0);
        _pay(msg.sender, _fall(round, asked.statement, Reason.Form, msg.sender));
    }

    // ---- settlement --------------------------------------------------------------------------------------------

    /// @inheritdoc IDisputes
    function settle(uint32 round, uint32 question) external {
        _requireOver(round);
        Question storage asked = _questionOf(round, question);
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
        _requireOver(round);
        Cell storage entry = _cellOf(round, cell);
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
        return
            _isFirst(round, statement, account, stage) ? _questionBond : _doubledBond(round, statement, stage);
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

    /// @dev Once about the same.
    function _note(uint32 round, bytes32 statement, Kind kind, uint32 row, uint32 other) private {
        mapping(uint256 what => bool) storage isAsked = _isAsked[round][statement];
        uint256 what = uint256(kind) << 64 | uint256(row) << 32 | other;
        if (isAsked[what]) revert AlreadyAsked(row, other);
        isAsked[what] = true;
    }

    function _answer(uint32 round, uint32 question) private {
        Question storage asked = _questions[round][question];
        asked.answerer = msg.sender;
        --_cases[round][asked.statement].unanswered;
        ++_counts[round].answered;
    }

    /// @dev Statements with something unanswered fall. There are at most as many as attesters.
    function _silence(uint32 round) private {
        bytes32[] memory statements = _attestations.statementsOf(round);
        for (uint256 i; i < statements.length; ++i) {
            Case storage entry = _cases[round][statements[i]];
            if (entry.unanswered == 0 && entry.unansweredCells == 0) continue;
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

    function _requirePhase(IModelChain.Phase required) private view returns (uint32) {
        (uint32 round, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (phase != required) revert WrongPhase(uint8(phase), uint8(required));
        return round;
    }

    function _requireOver(uint32 round) private view {
        (uint32 competing, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (round > competing || (round == competing && phase < IModelChain.Phase.Finalize)) {
            revert NotOver(round, uint8(phase));
        }
    }

    function _requireRows(uint32 round, bytes32 statement, bytes32 dataRoot, IAttestations.Row[] calldata rows)
        private
        view
    {
        if (_attestations.support(round, statement) == 0) revert StatementUnknown(statement);
        if (_attestations.hasFallen(round, statement)) revert AlreadyFallen(statement);
        bytes32 given = Statements.statement(address(_modelChain), round, dataRoot, rows);
        if (given != statement) revert NotTheRows(given, statement);
    }

    /// @dev Returns whether it is an attester's first question, or cell.
    function _requireBond(uint32 round, bytes32 statement, Stage stage) private view returns (bool isFirst) {
        isFirst = _isFirst(round, statement, msg.sender, stage);
        uint256 expected = isFirst ? _questionBond : _doubledBond(round, statement, stage);
        if (msg.value != expected) revert WrongBond(msg.value, expected);
    }

    function _doubledBond(uint32 round, bytes32 statement, Stage stage) private view returns (uint256) {
        Case storage entry = _cases[round][statement];
        uint256 others = stage == Stage.Questions ? entry.others : entry.otherCells;
        if (others == MAXIMUM_OTHERS) revert TooManyQuestions(statement, others);
        return _questionBond << (1 + others);
    }

    /// @dev Whether it is an attester that has not asked in that stage.
    function _isFirst(uint32 round, bytes32 statement, address account, Stage stage) private view returns (bool) {
        Asked storage asked = _asked[round][statement][account];
        if (stage == Stage.Questions ? asked.question : asked.cell) return false;
        return _attestations.isAttester(round, account);
    }

    function _questionOf(uint32 round, uint32 question) private view returns (Question storage asked) {
        asked = _questions[round][question];
        if (asked.asker == address(0)) revert NoSuchQuestion(round, question);
    }

    function _cellOf(uint32 round, uint32 cell) private view returns (Cell storage entry) {
        entry = _cells[round][cell];
        if (entry.asker == address(0)) revert NoSuchCell(round, cell);
    }

    /// @dev A question about a statement that stands.
    function _standingQuestion(uint32 round, uint32 question) private view returns (Question storage asked) {
        asked = _questionOf(round, question);
        if (_attestations.hasFallen(round, asked.statement)) revert AlreadyFallen(asked.statement);
    }

    function _requireAnswerable(
        uint32 round,
        uint32 question,
        Kind kind,
        IAttestations.Row calldata first,
        IAttestations.Row calldata second
    ) private view returns (Question storage asked) {
        asked = _standingQuestion(round, question);
        if (asked.kind != kind) revert WrongKind(asked.kind);
        if (asked.answerer != address(0)) revert AlreadyAnswered(question);
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

    /// @dev Whether a statement claims that a model repeats another, or that it does not; reverts if neither.
    function _claimsVariant(
        IAttestations.Row[] calldata rows,
        uint32 row,
        uint32 other,
        StatementClaims.Known memory known
    ) private view returns (bool) {
        uint32 repeats = rows[row].repeats;
        if (repeats == other) return true;
        bool isClaim = known.hasBest && StatementClaims.couldRepeat(rows, row, other, known)
            && (repeats == 0 || StatementClaims.isBetter(rows, other, repeats, known));
        if (!isClaim) revert NothingClaimed(Kind.Pair, row, other);
        return false;
    }

    function _known(uint32 round, IModelChain.ClosedRound memory closed)
        private
        view
        returns (StatementClaims.Known memory)
    {
        (uint32 commitments,) = _modelTransactions.counts(round);
        (,, bytes32 best) = _modelChain.head();
        return StatementClaims.Known({
            transactions: _modelTransactions,
            round: round,
            hasBest: best != 0,
            required: Judging.required(
                _significance,
                _hostileAllowance,
                _triesAllowance,
                Bits.count(closed.dataSet),
                closed.trim,
                commitments
            )
        });
    }

    function _requireCommitment(uint32 round, bool isCell, uint32 number, uint32 sample, bytes32 salt) private view {
        bytes32 expected = keccak256(
            abi.encode(Tags.PROOF, block.chainid, _modelChain, round, msg.sender, isCell, number, sample, salt)
        );
        Commitment memory committed = _commitments[round][msg.sender];
        if (committed.hash != expected) revert NotCommitted(committed.hash, expected);
        if (committed.blockNumber >= block.number) revert CommittedTooLate(committed.blockNumber);
    }

    /// @dev The sample stands under the samples root of the data transaction at that place of D.
    function _requireSample(uint32 round, uint256 place, Proof calldata proof) private view {
        uint256 perPart = _samplesPerPart;
        uint256 samples = _testParts * perPart;
        if (proof.sample >= samples) revert NoSuchSample(proof.sample, samples);
        uint32 index = uint32(_nthBit(_modelChain.closedRound(round).dataSet, place));
        if (proof.record.round != round || !_dataRegistry.isRecorded(proof.record, index)) revert UnknownData(index);
        uint256 part = _nthBit(_dataRegistry.testParts(round, index), proof.sample / perPart);
        uint256 sample = proof.sample % perPart;
        bytes32 root = proof.record.samplesRoot;
        bool isThere = SampleTree.contains(
            root, proof.sampleRecord, sample, perPart, proof.samplePath, part, _parts, proof.partPath
        );
        if (!isThere) revert SampleNotThere(root, part, sample);
    }

    /// @dev The file is the model of a row: the best one so far, or a revealed one.
    function _requireModel(uint32 round, uint8 row, bytes calldata model) private view {
        bytes32 expected;
        if (row == 0) (,, expected) = _modelChain.head();
        else expected = _modelTransactions.revealAt(round, row - 1).modelHash;
        bytes32 given = sha256(model);
        if (given != expected) revert NotTheModel(given, expected);
    }

    /// @dev Number of the set bit that has `place` set bits below it.
    function _nthBit(uint256 bitmap, uint256 place) private pure returns (uint256 index) {
        for (; place != 0; --place) {
            bitmap &= bitmap - 1;
        }
        for (; !Bits.has(bitmap, index); ++index) {}
    }
}
