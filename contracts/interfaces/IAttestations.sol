// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "./IModelChain.sol";

/// @title Attesters: standing, reports of what is missing, and statements about all models.
/// @notice Who attests in a round is frozen when it closes: accounts with standing, which a voice gives for
/// `standingRounds` rounds that count; beside fewer than `minimumStanding` of them the genesis accounts that have not
/// lapsed; where nobody of these is left, all members. In bitmaps bit i stands for data transaction i, or revealed
/// model i, of the round. H is as IModelChain says; docs/Protocol.md has the rules.
interface IAttestations {
    /// @notice A model's row of a statement; row 0 is the baseline's. A missing or malformed model has zeros only.
    /// @param hash H("row", round, ...) over all that stands behind the row: see the library PackedRows
    /// @param middle M(points), see docs/Protocol.md, Judge
    /// @param net M(points less the baseline's); 0 in row 0
    /// @param spread M(squares)
    /// @param repeats 1 + reveal index of the better-ranked voice that the model is a variant of; 0: none
    struct Row {
        bytes32 hash;
        uint64 middle;
        int64 net;
        uint64 spread;
        uint32 repeats;
    }

    /// @notice What an attester said in a round.
    /// @param commitment H("attest", round, account, statement, salt); 0 once opened
    /// @param statement what it opened; 0 before
    struct Attestation {
        bytes32 commitment;
        bytes32 statement;
    }

    /// @notice An attester reported data transactions that it cannot use.
    /// @param round the round in competition
    /// @param account who
    /// @param bitmap of them; 0: none
    event DataReported(uint32 indexed round, address indexed account, uint256 bitmap);

    /// @notice An attester reported models that it cannot fetch.
    /// @param round the round in competition
    /// @param account who
    /// @param bitmap of them; 0: none
    event ModelsReported(uint32 indexed round, address indexed account, uint256 bitmap);

    /// @notice An attester committed to a statement, or to another one.
    /// @param round the round in competition
    /// @param account who
    /// @param commitment H("attest", round, account, statement, salt)
    event AttestationCommitted(uint32 indexed round, address indexed account, bytes32 commitment);

    /// @notice A statement was opened for the first time.
    /// @param round the round in competition
    /// @param statement H("table", round, data root, rows)
    /// @param rows row 0, then every revealed model's in order
    event StatementOpened(uint32 indexed round, bytes32 indexed statement, Row[] rows);

    /// @notice An attester opened its attestation.
    /// @param round the round in competition
    /// @param account who
    /// @param statement what it states
    /// @param support attesters that state the same so far
    event AttestationOpened(uint32 indexed round, address indexed account, bytes32 statement, uint32 support);

    /// @notice A voice gave an account standing.
    /// @param round the voice's
    /// @param account whose
    /// @param endTick first tick at which it has none any more
    event StandingGained(uint32 indexed round, address indexed account, uint32 endTick);

    /// @notice A quiet block followed a statement: who opened it keeps its standing one tick longer.
    /// @param round the block's
    /// @param statement that it follows
    event StandingKept(uint32 indexed round, bytes32 statement);

    /// @notice An account has lost its standing with a part of its stake, or with all of it.
    /// @param account whose
    event StandingLost(address indexed account);

    /// @notice The round in competition is in another phase.
    /// @param phase as IModelChain.Phase
    /// @param required the phase that it would have to be in
    error WrongPhase(uint8 phase, uint8 required);

    /// @notice The account does not attest in this round.
    /// @param round the round in competition
    /// @param account who does not
    error NotAttester(uint32 round, address account);

    /// @notice An attester reports once in a phase.
    /// @param round the round in competition
    /// @param account who has reported
    error AlreadyReported(uint32 round, address account);

    /// @notice A report names what is not there.
    /// @param bitmap what was reported
    /// @param count data transactions, or models, that there are
    error ReportOutOfRange(uint256 bitmap, uint32 count);

    /// @notice A commitment of zeros.
    error EmptyCommitment();

    /// @notice There is no attestation to open, or it was opened already.
    /// @param round the round in competition
    /// @param account who has none
    error NotCommitted(uint32 round, address account);

    /// @notice The statement is not what was committed to.
    /// @param committed the commitment
    /// @param opened what account, statement and salt hash to
    error CommitmentMismatch(bytes32 committed, bytes32 opened);

    /// @notice Nobody has brought the rows of that statement.
    /// @param statement what was to be opened
    error StatementUnknown(bytes32 statement);

    /// @notice A statement has a row for the baseline and for each revealed model.
    /// @param rows how many it has
    /// @param expected how many it must have
    error WrongRowCount(uint256 rows, uint256 expected);

    /// @notice The row of a model that is missing has to be zeros.
    /// @param index the model's
    error MissingRowNotEmpty(uint32 index);

    /// @notice A row without a hash has to be zeros.
    /// @param row its number
    error RowNotEmpty(uint32 row);

    /// @notice The baseline's row is empty if and only if there is no best model.
    error WrongBaselineRow();

    /// @notice Only the model chain may call this.
    /// @param caller who called
    /// @param modelChain who may
    error NotModelChain(address caller, address modelChain);

    /// @notice Only ModelTransactions may call this.
    /// @param caller who called
    /// @param modelTransactions who may
    error NotModelTransactions(address caller, address modelTransactions);

    /// @notice Only Membership may take standing away.
    /// @param caller who called
    /// @param membership who may
    error NotMembership(address caller, address membership);

    /// @notice Only Disputes may call this.
    /// @param caller who called
    /// @param disputes who may
    error NotDisputes(address caller, address disputes);

    /// @notice Only BlockProduction may call this.
    /// @param caller who called
    /// @param blockProduction who may
    error NotBlockProduction(address caller, address blockProduction);

    /// @notice Reports data transactions of the round that cannot be used (Report); attesters, once each, none too.
    /// @dev Reverts with WrongPhase, NotAttester, AlreadyReported or ReportOutOfRange.
    /// @param bitmap of them
    function reportData(uint256 bitmap) external;

    /// @notice Reports revealed models that cannot be fetched (Available); attesters, once each, none too.
    /// @dev Reverts with WrongPhase, NotAttester, AlreadyReported or ReportOutOfRange.
    /// @param bitmap of them
    function reportModels(uint256 bitmap) external;

    /// @notice Commits to a statement (Attest); attesters with a full stake. A later commitment replaces the earlier.
    /// @dev Reverts with WrongPhase, NotAttester, EmptyCommitment or IStakes.StakeNotFull.
    /// @param commitment H("attest", round, account, statement, salt); not 0
    function commitAttestation(bytes32 commitment) external;

    /// @notice Opens the caller's attestation (AttestReveal) to the statement H("table", round, data root, rows), and
    /// brings its rows.
    /// @dev Reverts with WrongPhase, WrongRowCount, WrongBaselineRow, RowNotEmpty, MissingRowNotEmpty, NotCommitted or
    /// CommitmentMismatch.
    /// @param rows row 0, then every revealed model's in order
    /// @param salt of the commitment
    function openStatement(Row[] calldata rows, bytes32 salt) external;

    /// @notice Opens the caller's attestation (AttestReveal) to a statement whose rows somebody has brought.
    /// @dev Reverts with WrongPhase, StatementUnknown, NotCommitted or CommitmentMismatch.
    /// @param statement what it states
    /// @param salt of the commitment
    function openAttestation(bytes32 statement, bytes32 salt) external;

    /// @notice An account may gain standing: it pays here for the room that its standing takes, so that whoever
    /// finalizes does not. Only ModelTransactions.
    /// @dev Reverts with NotModelTransactions.
    /// @param account who
    function enrol(address account) external;

    /// @notice A round has closed: freezes who attests in it. Only the model chain.
    /// @dev Reverts with NotModelChain.
    /// @param round the round
    /// @param epoch its epoch
    /// @return attesters how many attest
    /// @return electorate who they are
    function freeze(uint32 round, uint32 epoch) external returns (uint32 attesters, IModelChain.Electorate electorate);

    /// @notice Unseal ended with `minimumData` or more: the round counts for how long standing lasts. Only the model
    /// chain.
    /// @dev Reverts with NotModelChain.
    function countRound() external;

    /// @notice A quiet block follows a statement: who opened it keeps its standing one tick longer. Only
    /// BlockProduction.
    /// @dev Reverts with NotBlockProduction.
    /// @param round the round in competition
    /// @param statement that the block follows
    function keepStanding(uint32 round, bytes32 statement) external;

    /// @notice An account's stake is not full any more: its standing is lost. Only Membership.
    /// @dev Reverts with NotMembership.
    /// @param account whose
    function dropStanding(address account) external;

    /// @notice Voices have standing for the next `standingRounds` rounds that count. At most a quarter as many as
    /// attest, at least one, gain it anew, until 256 accounts have it. Only BlockProduction.
    /// @dev Reverts with NotBlockProduction.
    /// @param round the round in competition
    /// @param accounts the voices', best first
    function grantStanding(uint32 round, address[] calldata accounts) external;

    /// @notice A statement is false: the stakes of all that opened it are taken, and their standing. Only Disputes,
    /// once.
    /// @dev Reverts with NotDisputes.
    /// @param round the round in competition
    /// @param statement which
    /// @return taken wei that they had at stake
    /// @return reward what of it is at Disputes now
    function fall(uint32 round, bytes32 statement) external returns (uint256 taken, uint256 reward);

    /// @notice Whether an account is one of the frozen attesters of a round that competes.
    /// @param round the round; false for any but the one in competition, and for that one once it is final or void
    /// @param account who
    /// @return true if it is
    function isAttester(uint32 round, address account) external view returns (bool);

    /// @notice The first tick at which an account has no standing any more.
    /// @param account whose
    /// @return 0 or 1 if it never had any
    function standingEnd(address account) external view returns (uint32);

    /// @notice How far standing has run.
    /// @return tick rounds counted so far, and 1
    /// @return frozen the tick when the last round closed: whose standing ends after it attests
    function ticks() external view returns (uint32 tick, uint32 frozen);

    /// @notice Accounts with standing: in the round that closed last, and those that gained it since.
    /// @return how many
    function standingCount() external view returns (uint32);

    /// @notice What an account said.
    /// @param round in which round
    /// @param account who
    /// @return zeros if nothing
    function attestationOf(uint32 round, address account) external view returns (Attestation memory);

    /// @notice Whether an account has sent its report of data transactions.
    /// @param round in which round
    /// @param account who
    /// @return true if it has
    function hasReportedData(uint32 round, address account) external view returns (bool);

    /// @notice Whether an account has sent its report of models.
    /// @param round in which round
    /// @param account who
    /// @return true if it has
    function hasReportedModels(uint32 round, address account) external view returns (bool);

    /// @notice Data transactions that are out by the reports so far: at least one, and at least half of those that
    /// reported, named them.
    /// @param round in which round
    /// @return bitmap of them
    function dataOut(uint32 round) external view returns (uint256 bitmap);

    /// @notice Models that are out by the reports so far, by the same rule.
    /// @param round in which round
    /// @return bitmap of them
    function modelsOut(uint32 round) external view returns (uint256 bitmap);

    /// @notice The statements of a round.
    /// @param round which
    /// @return all that were opened, in the order in which they first were
    function statementsOf(uint32 round) external view returns (bytes32[] memory);

    /// @notice Whether a statement has fallen.
    /// @param round in which round
    /// @param statement which
    /// @return true if it has
    function hasFallen(uint32 round, bytes32 statement) external view returns (bool);

    /// @notice Attesters that opened a statement.
    /// @param round in which round
    /// @param statement which
    /// @return how many
    function support(uint32 round, bytes32 statement) external view returns (uint32);

    /// @notice The statement that a block follows: of those that have not fallen the one that most attesters opened,
    /// of equal ones the one that was opened first. Where the task has no judge, only with more than half of the frozen
    /// attesters behind it.
    /// @param round in which round
    /// @return 0: none
    function standing(uint32 round) external view returns (bytes32);

    /// @notice H("table", round, data root, rows).
    /// @param round the round
    /// @param dataRoot root of its data set
    /// @param rows row 0, then every revealed model's in order
    /// @return what attesters commit to and open
    function statementOf(uint32 round, bytes32 dataRoot, Row[] calldata rows) external view returns (bytes32);
}
