// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The model chain: rounds and blocks.
/// @notice A round collects data, then competes; the next round collects while it competes. Every phase ends by
/// itself, and anybody may end it. docs/Protocol.md has the rules; here they are named by the heading or step there.
/// H(tag, ...) = keccak256(abi.encode(keccak256("modelchain/" tag "/2"), chain id, address of this contract, ...)),
/// in all contracts of the deployment, every integer as uint256. Rounds are numbered from 1, heights are Bitcoin's,
/// times are seconds since 1970 on the EVM's clock.
interface IModelChain {
    /// @notice Phases of the round in competition, in their order.
    enum Phase { None, Open, Commit, Unseal, Report, Reveal, Available, Bring, Attest, AttestReveal, Finalize, Final, Void }

    /// @notice Why a round has no block. TooFewData: fewer than `minimumData` when it closed or when Unseal ended, or
    /// fewer than 2k + 1 after Report. NoStatement: none had a majority. NotFinalized: nobody brought its rows.
    enum VoidReason { None, TooFewData, NoStatement, NotFinalized }

    /// @notice The round that collects; round 0 before the start.
    struct Collection {
        uint32 round;
        uint32 epoch;
        uint32 members;
        uint32 openHeight;
        uint40 openedAt;
    }

    /// @notice The round in competition, or the last one that was.
    struct Competition {
        uint32 round;
        Phase phase;
        uint32 endHeight;
        uint40 phaseStart;
        uint32 attesters;
        bool genesisActs;
    }

    /// @notice What became of a round's data. Bitmaps: bit i is data transaction i of the round.
    struct ClosedRound {
        uint32 data; // partitioned data transactions
        uint32 epoch;
        uint40 closedAt;
        uint40 decisionTime; // of the last partition before it closed: its block's timestamp
        uint32 published; // n1: all keys were published in time; fixed when Unseal ends
        uint32 trim; // k = floor(n1 / 3)
        uint32 blockNumber;
        VoidReason voidReason;
        uint256 dataSet; // D, fixed when Report ends
        bytes32 dataRoot; // Merkle root over H("data", id) of D in order of arrival
        uint256 missing; // revealed models that nobody has: bit i is reveal i; fixed when Bring ends or is skipped
    }

    /// @notice A block; its hash is H("block", number, previousHash, bestModel, timestamp, dataVoteRoot, blockVoteRoot,
    /// dataRoot, statement). The genesis block has number 0 and only zeros.
    struct Block {
        uint32 number;
        uint32 round;
        uint40 timestamp;
        uint32 bestReveal; // reveal index of the best model; 0 in a quiet block
        uint32 voices;
        uint32 attestations; // behind the statement
        bytes32 previousHash;
        bytes32 bestModel; // identifier of the best model transaction; 0: a quiet block
        bytes32 modelHash; // sha2-256 of the best model so far: a quiet block repeats the one before
        bytes32 dataVoteRoot;
        bytes32 blockVoteRoot;
        bytes32 dataRoot;
        bytes32 statement;
        uint256 paidVoices; // voices that named D and the head, where the block is not quiet: bit i is reveal i
    }

    event Started(uint32 members, bytes32 genesisHash);
    event RoundOpened(uint32 indexed round, uint32 epoch, uint32 members, uint32 openHeight);
    event RoundClosed(uint32 indexed round, uint32 data, uint32 attesters, bool genesisActs);
    event PhaseStarted(uint32 indexed round, Phase phase, uint32 endHeight);
    event KeysCounted(uint32 indexed round, uint32 published, uint32 trim); // when Unseal ends
    event DataSetFixed(uint32 indexed round, uint256 dataSet, bytes32 dataRoot); // when Report ends
    event MissingFixed(uint32 indexed round, uint256 missing); // when Bring ends or is skipped
    event BlockAppended(uint32 indexed number, uint32 indexed round, bytes32 blockHash, Block data);
    event RoundVoided(uint32 indexed round, VoidReason reason);

    error AlreadyStarted();
    error NotStarted();
    error NothingToAdvance();
    error PhaseNotOver(uint32 endHeight, uint32 tip, uint256 earliest, uint256 timestamp);
    error NotBlockProduction(address caller, address blockProduction);
    error NoSuchBlock(uint32 number);

    /// @notice Opens round 1 with the genesis accounts that have applied, ascending by share key (IMembership.start).
    function start(address[] calldata accounts) external;

    /// @notice Ends the current phase (The clock); while no round competes, closes the round that collects. It closes
    /// when every member's data transaction is partitioned, or `collectHeights` after it opened when nothing pending is
    /// due; the last one of an epoch only once the next epoch's members are written.
    function advance() external;

    /// @notice Appends the block of the round in competition, whose number, previous hash and timestamp are filled in
    /// here. Only BlockProduction.
    function append(Block calldata data) external;

    function taskHash() external view returns (bytes32);
    function collection() external view returns (Collection memory);
    function competition() external view returns (Competition memory);
    function closedRound(uint32 round) external view returns (ClosedRound memory);
    function collectingRound() external view returns (uint32);
    function currentPhase() external view returns (uint32 round, Phase phase);
    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash);
    function blockAt(uint32 number) external view returns (Block memory);
    function blockHashAt(uint32 number) external view returns (bytes32);
}
