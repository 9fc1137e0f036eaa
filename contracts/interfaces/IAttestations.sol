// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Attesters: standing, reports of what is missing, and statements about all models.
interface IAttestations {
    /// @notice A model's row of a statement; row 0 is the baseline's. A missing or malformed model has zeros only.
    /// @param hash H("row", round, packed): for each data transaction of D its points and squares, uint32 each
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

    struct Attestation {
        bytes32 commitment; // 0 once opened
        bytes32 statement;
    }

    event DataReported(uint32 indexed round, address indexed account, uint256 bitmap);
    event ModelsReported(uint32 indexed round, address indexed account, uint256 bitmap);
    event AttestationCommitted(uint32 indexed round, address indexed account, bytes32 commitment);
    /// @notice A statement was opened for the first time.
    event StatementOpened(uint32 indexed round, bytes32 indexed statement, Row[] rows);
    event AttestationOpened(uint32 indexed round, address indexed account, bytes32 statement, uint32 support);
    event StandingGained(uint32 indexed round, address indexed account, uint32 untilRound);

    error WrongPhase(uint8 phase, uint8 required);
    error NotAttester(uint32 round, address account);
    error AlreadyReported(uint32 round, address account);
    error ReportOutOfRange(uint256 bitmap, uint32 count);
    error EmptyCommitment();
    error NotCommitted(uint32 round, address account);
    error CommitmentMismatch(bytes32 committed, bytes32 opened);
    error StatementUnknown(bytes32 statement); // openAttestation before anybody brought its rows
    error WrongRowCount(uint256 rows, uint256 expected);
    error MissingRowNotEmpty(uint32 index); // a model that is missing has zeros
    error NotModelChain(address caller, address modelChain);
    error NotBlockProduction(address caller, address blockProduction);

    /// @notice Reports data transactions of the round that cannot be used (Report); attesters, once each, none too.
    function reportData(uint256 bitmap) external;

    /// @notice Reports revealed models that cannot be fetched (Available); attesters, once each, none too.
    function reportModels(uint256 bitmap) external;

    /// @notice Commits to H("attest", round, account, statement, salt) (Attest). A later one replaces the earlier.
    function commitAttestation(bytes32 commitment) external;

    /// @notice Opens the caller's attestation (AttestReveal) to the statement H("table", round, data root, rows), and
    /// brings its rows: row 0, then every revealed model's in order.
    function openStatement(Row[] calldata rows, bytes32 salt) external;

    /// @notice Opens the caller's attestation to a statement whose rows somebody has brought.
    function openAttestation(bytes32 statement, bytes32 salt) external;

    /// @notice A round has closed: freezes who attests in it. Only ModelChain.
    function freeze(uint32 round) external returns (uint32 attesters, bool genesisActs);

    /// @notice Voices have standing from the next round to round + `standingRounds`. Only BlockProduction.
    function grantStanding(uint32 round, address[] calldata accounts) external;

    function isAttester(uint32 round, address account) external view returns (bool);
    function standingUntil(address account) external view returns (uint32);
    function standingCount() external view returns (uint32);
    function attestationOf(uint32 round, address account) external view returns (Attestation memory);
    function hasReportedData(uint32 round, address account) external view returns (bool);
    function hasReportedModels(uint32 round, address account) external view returns (bool);
    /// @notice Out by the reports so far: at least one, and at least half of those that reported, set the bit.
    function dataOut(uint32 round) external view returns (uint256 bitmap);
    function modelsOut(uint32 round) external view returns (uint256 bitmap);
    function support(uint32 round, bytes32 statement) external view returns (uint32);
    /// @notice The statement with more than half of the frozen attesters behind it; 0: none.
    function majorityOf(uint32 round) external view returns (bytes32);
    function statementOf(uint32 round, bytes32 dataRoot, Row[] calldata rows) external view returns (bytes32);
}
