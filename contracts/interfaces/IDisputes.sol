// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "./IAttestations.sol";
import {IDataRegistry} from "./IDataRegistry.sol";
import {IDisputeLedger} from "./IDisputeLedger.sol";
import {IModelChain} from "./IModelChain.sol";

/// @title Disputes: a statement that is false falls, whoever stands behind it.
/// @notice After statements are opened anybody may question one. What cannot be answered, or is answered with points
/// that the task's judge does not give, makes the statement fall: its supporters lose their stakes and their standing,
/// and whoever showed it has a reward of what they lost. A row's hash binds everything that can be asked: there is one
/// answer at most, whoever gives it. A statement with true rows can be answered by everybody who has the data, and
/// cannot fall. docs/Protocol.md, Disputes.
///
///     Challenge, Answer                what stands behind a row, or that a model is well formed
///     SecondChallenge, SecondAnswer    the points of one data transaction behind an answered row: a cell
///     Prove                            one sample of a cell, or the file of a model, before the judge
///
/// D's data transactions in order of arrival are its places, from 0. What stands behind a row is packed as the library
/// PackedRows says. The voices that a row is compared with are those that the library ComparedVoices names. Questions
/// of a round are numbered from 1, and so are its cells. H is as IModelChain says.
///
/// Invariants: those of IDisputeLedger; a statement falls once; an answer has the sums that its statement claims.
interface IDisputes is IDisputeLedger {
    /// @notice A commitment to a proof.
    /// @param hash H("proof", round, account, 1 for a cell or 0 for a form, its cell's or question's number, sample,
    /// salt); the sample of a form is 0
    /// @param blockNumber the EVM block that it stands in; the proof has to be in a later one
    struct Commitment {
        bytes32 hash;
        uint64 blockNumber;
    }

    /// @notice That one sample of a cell has other points.
    /// @param salt of the commitment
    /// @param sample number among the data transaction's test samples: its test parts ascending, samples in order
    /// @param second whether the points of the second row are wrong; else the first's
    /// @param record of the data transaction
    /// @param sampleRecord the sample, as it stands under the samples root
    /// @param samplePath the hashes from it to its part's root
    /// @param partPath the hashes from there to the samples root
    /// @param word the word of the row's points that has the sample's, see SamplePoints
    /// @param wordPath the hashes from it to the root that the cell has
    /// @param model file of the model that has the points
    struct Proof {
        bytes32 salt;
        uint32 sample;
        bool second;
        IDataRegistry.DataRecord record;
        bytes sampleRecord;
        bytes32[] samplePath;
        bytes32[] partPath;
        bytes32 word;
        bytes32[] wordPath;
        bytes model;
    }

    /// @notice A statement is questioned.
    /// @param round the round in competition
    /// @param statement which
    /// @param asker who asks
    /// @param question the question's number
    /// @param kind what it is about
    /// @param row the row's number
    /// @param bond what the asker put down
    event QuestionAsked(
        uint32 indexed round,
        bytes32 indexed statement,
        address indexed asker,
        uint32 question,
        Kind kind,
        uint32 row,
        uint256 bond
    );

    /// @notice A question about a row is answered.
    /// @param round the round in competition
    /// @param question its number
    /// @param answerer who answered
    /// @param ofRow what stands behind the row
    /// @param ofBaseline what stands behind the baseline's; empty while there is no best model
    event RowAnswered(
        uint32 indexed round, uint32 indexed question, address indexed answerer, bytes ofRow, bytes ofBaseline
    );

    /// @notice A question about a model's form is answered: it is well formed. The file is in the call.
    /// @param round the round in competition
    /// @param question its number
    /// @param answerer who answered
    event FormAnswered(uint32 indexed round, uint32 indexed question, address indexed answerer);

    /// @notice The points behind an answer are asked for.
    /// @param round the round in competition
    /// @param question that was answered
    /// @param asker who asks
    /// @param cell the cell's number
    /// @param place which data transaction of D
    /// @param voice 0: against the baseline; else against which of the compared voices, from 1
    /// @param bond what the asker put down
    event CellAsked(
        uint32 indexed round,
        uint32 indexed question,
        address indexed asker,
        uint32 cell,
        uint32 place,
        uint32 voice,
        uint256 bond
    );

    /// @notice A cell is answered.
    /// @param round the round in competition
    /// @param cell its number
    /// @param answerer who answered
    /// @param first the row's points on the data transaction's test samples, a byte each
    /// @param second the baseline's, or the voice's; empty while there is no best model
    event CellAnswered(uint32 indexed round, uint32 indexed cell, address indexed answerer, bytes first, bytes second);

    /// @notice An account has committed to a proof, or to another one.
    /// @param round the round in competition
    /// @param account who
    /// @param hash the commitment, as Commitment says
    event ProofCommitted(uint32 indexed round, address indexed account, bytes32 hash);

    /// @notice Only the model chain ends phases.
    /// @param caller who called
    /// @param modelChain who may
    error NotModelChain(address caller, address modelChain);

    /// @notice The round in competition is in another phase.
    /// @param phase as IModelChain.Phase
    /// @param required the phase that it would have to be in; for a commitment the first of those that it may be in
    error WrongPhase(uint8 phase, uint8 required);

    /// @notice The rows lead to another statement.
    /// @param given what they lead to
    /// @param expected what they were to lead to
    error NotTheStatement(bytes32 given, bytes32 expected);

    /// @notice Nobody has opened that statement.
    /// @param statement which
    error StatementUnknown(bytes32 statement);

    /// @notice The statement has fallen already.
    /// @param statement which
    error StatementFallen(bytes32 statement);

    /// @notice There is no such row to ask this about.
    /// @param row its number
    /// @param models the last row's number
    error NoSuchRow(uint32 row, uint32 models);

    /// @notice The task has no judge.
    error NoJudge();

    /// @notice The statement claims nothing there that could be asked, answered or shown to be false.
    /// @param row the row's number
    error NothingClaimed(uint32 row);

    /// @notice That was asked already.
    /// @param question the question's number, also where it is about a cell of its answer
    error AlreadyAsked(uint32 question);

    /// @notice The question is about something else.
    /// @param kind what it is about
    error WrongKind(Kind kind);

    /// @notice The question or cell is answered already.
    /// @param number its number
    error AlreadyAnswered(uint32 number);

    /// @notice The question or cell has no answer.
    /// @param number its number
    error NotAnswered(uint32 number);

    /// @notice The file is no model of the task.
    error NotWellFormed();

    /// @notice The points do not add up to what stands behind the row.
    /// @param first sum of the row's points
    /// @param second sum of the baseline's, or the voice's
    /// @param squares sum of the squares of what they differ
    error WrongPoints(uint256 first, uint256 second, uint256 squares);

    /// @notice D has no such place.
    /// @param place which
    /// @param count how many it has
    error NoSuchPlace(uint32 place, uint32 count);

    /// @notice The row is not compared with so many voices.
    /// @param voice which was asked for
    /// @param compared how many it is compared with
    error NoSuchVoice(uint32 voice, uint32 compared);

    /// @notice A commitment of zeros.
    error EmptyCommitment();

    /// @notice The account has committed to another proof, or to none.
    /// @param committed its commitment
    /// @param opened what this proof's is
    error CommitmentMismatch(bytes32 committed, bytes32 opened);

    /// @notice A proof has to be in a later block than its commitment.
    /// @param blockNumber of both
    error ProofTooEarly(uint256 blockNumber);

    /// @notice The data transaction has no such test sample.
    /// @param sample number that was given
    /// @param count how many it has
    error NoSuchSample(uint32 sample, uint256 count);

    /// @notice The record is not that of the data transaction at the cell's place.
    /// @param round the record's
    /// @param index number that the data transaction has
    /// @param id the record's identifier
    error UnknownData(uint32 round, uint32 index, bytes32 id);

    /// @notice The sample does not stand there under the data transaction's samples root.
    error NotTheSample();

    /// @notice The word does not stand there under the root that the cell has.
    error NotTheWord();

    /// @notice The file is another model.
    /// @param given sha2-256 of the file
    /// @param expected what it would have to be; 0: there is no such model
    error NotTheModel(bytes32 given, bytes32 expected);

    /// @notice The judge agrees with the statement.
    /// @param stated the sample's points; 0 for a form
    error NotRefuted(uint8 stated);

    // ---- questions and answers ---------------------------------------------------------------------------------

    /// @notice Asks what stands behind a statement (Challenge). Anybody may, with the bond that bondOf says, once
    /// about the same. About forms only where the task has a judge, and the model is not missing.
    /// @dev Reverts with WrongPhase, StatementUnknown, StatementFallen, NotTheStatement, NoSuchRow, NoJudge,
    /// NothingClaimed, AlreadyAsked, TooManyQuestions or WrongBond.
    /// @param statement which
    /// @param rows the statement's
    /// @param kind what the question is about
    /// @param row number of the row: 0 is the baseline's, then 1 + reveal index
    function ask(bytes32 statement, IAttestations.Row[] calldata rows, Kind kind, uint32 row) external payable;

    /// @notice Answers a question about a row (Answer). Anybody may.
    /// @dev Reverts with WrongPhase, NoSuchQuestion, WrongKind, AlreadyAnswered, StatementFallen, NotTheStatement, or
    /// an error of the libraries PackedRows and TrimmedSums.
    /// @param question its number
    /// @param rows the statement's
    /// @param ofRow what stands behind the row
    /// @param ofBaseline what stands behind the baseline's, also where that is the row asked about; empty while there
    /// is no best model
    /// @param edges the lowest and the highest number that stay (TrimmedSums): of points, of points less the
    /// baseline's, of squares, and of the distances to each compared voice
    function answerRow(
        uint32 question,
        IAttestations.Row[] calldata rows,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        int64[2][] calldata edges
    ) external;

    /// @notice Answers a question about the form of a model that a statement has points of (Answer). Anybody may.
    /// @dev Reverts with WrongPhase, NoSuchQuestion, WrongKind, AlreadyAnswered, StatementFallen, NothingClaimed,
    /// NotTheModel or NotWellFormed.
    /// @param question its number
    /// @param model the file
    function answerForm(uint32 question, bytes calldata model) external;

    /// @notice Asks for the points behind an answered row at one place (SecondChallenge). Anybody may, with the bond
    /// that bondOf says, once about the same.
    /// @dev Reverts with WrongPhase, NoSuchQuestion, WrongKind, NotAnswered, StatementFallen, NoSuchPlace, NoSuchVoice,
    /// AlreadyAsked, TooManyQuestions or WrongBond.
    /// @param question that was answered
    /// @param place which data transaction of D
    /// @param voice 0: against the baseline; else against which of the compared voices, from 1
    function askCell(uint32 question, uint32 place, uint32 voice) external payable;

    /// @notice Answers a cell (SecondAnswer). Anybody may.
    /// @dev Reverts with WrongPhase, NoSuchCell, AlreadyAnswered, StatementFallen, NotTheStatement, WrongPoints, or an
    /// error of the libraries PackedRows and SamplePoints.
    /// @param cell its number
    /// @param rows the statement's
    /// @param ofFirst what stands behind the row
    /// @param ofSecond what stands behind the baseline's, or the voice's, with the hash of its distances in their place
    /// (PackedRows.requireShortened); empty while there is no best model
    /// @param first the row's points on each test sample of the data transaction in turn, a byte each
    /// @param second the baseline's, or the voice's; empty while there is no best model
    function answerCell(
        uint32 cell,
        IAttestations.Row[] calldata rows,
        bytes calldata ofFirst,
        bytes calldata ofSecond,
        bytes calldata first,
        bytes calldata second
    ) external;

    // ---- proofs ------------------------------------------------------------------------------------------------

    /// @notice Commits to a proof (Challenge to Prove), so that nobody can copy it. A later one takes its place.
    /// @dev Reverts with WrongPhase or EmptyCommitment.
    /// @param hash as Commitment says; not 0
    function commitProof(bytes32 hash) external;

    /// @notice Shows that one sample has other points than a cell's answer says (Prove): the statement falls, and the
    /// caller has the reward. A malformed model earns nothing.
    /// @dev Reverts with WrongPhase, NoSuchCell, NotAnswered, StatementFallen, CommitmentMismatch, ProofTooEarly,
    /// NoSuchSample, UnknownData, NotTheSample, NotTheWord, NotTheModel, NotRefuted, TransferFailed, or an error of
    /// IJudge.
    /// @param cell which
    /// @param proof that
    function prove(uint32 cell, Proof calldata proof) external;

    /// @notice Shows that a model is well formed whose row a statement leaves empty (Prove): the statement falls, and
    /// the caller has the reward.
    /// @dev Reverts with WrongPhase, NoSuchQuestion, WrongKind, StatementFallen, NothingClaimed, CommitmentMismatch,
    /// ProofTooEarly, NotTheModel, NotRefuted or TransferFailed.
    /// @param question about the form
    /// @param salt of the commitment
    /// @param model the file
    function proveForm(uint32 question, bytes32 salt, bytes calldata model) external;

    // ---- phases ------------------------------------------------------------------------------------------------

    /// @notice A phase of disputes ends: statements with unanswered questions or cells fall. Only the model chain.
    /// @dev Reverts with NotModelChain.
    /// @param round the round in competition
    /// @param phase that ends: Challenge to Prove
    /// @return next the phase that follows; those for which there is nothing to do are skipped
    function endPhase(uint32 round, IModelChain.Phase phase) external returns (IModelChain.Phase next);

    // ---- views -------------------------------------------------------------------------------------------------

    /// @notice What an account has committed to.
    /// @param round the round
    /// @param account who
    /// @return zeros if nothing
    function proofOf(uint32 round, address account) external view returns (Commitment memory);
}
