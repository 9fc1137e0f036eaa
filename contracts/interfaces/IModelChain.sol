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
    enum Phase {
        /// @notice No round has competed yet.
        None,
        /// @notice Training keys are published.
        Open,
        /// @notice Members commit to models.
        Commit,
        /// @notice Test keys are published.
        Unseal,
        /// @notice Attesters report data transactions that they cannot use.
        Report,
        /// @notice Models are revealed. Without a commitment Attest follows Report.
        Reveal,
        /// @notice Attesters report models that they cannot fetch.
        Available,
        /// @notice Models that are reported missing may be brought in calldata. Skipped where none is.
        Bring,
        /// @notice Attesters commit to a statement.
        Attest,
        /// @notice Attesters open their statements.
        AttestReveal,
        /// @notice Statements are questioned.
        Challenge,
        /// @notice Questions are answered. Skipped where none needs an answer.
        Answer,
        /// @notice Cells of answers are asked for. Skipped where there is no answer.
        SecondChallenge,
        /// @notice Cells are answered. Skipped where none was asked for.
        SecondAnswer,
        /// @notice The judge decides. Skipped where there is nothing to decide.
        Prove,
        /// @notice Somebody brings the rows of the statement that stands.
        Finalize,
        /// @notice The round has a block.
        Final,
        /// @notice The round has none.
        Void
    }

    /// @notice Why a round has no block.
    enum VoidReason {
        /// @notice It has one, or is not over.
        None,
        /// @notice Fewer than `minimumData` when it closed or when Unseal ended, or fewer than 2k + 1 after Report.
        TooFewData,
        /// @notice No statement stands: see IAttestations.standing.
        NoStatement,
        /// @notice Nobody brought the statement's rows.
        NotFinalized
    }

    /// @notice Who attests in a round.
    enum Electorate {
        /// @notice Accounts with standing.
        Standing,
        /// @notice Beside those, fewer than `minimumStanding`, the genesis accounts that have not lapsed.
        Genesis,
        /// @notice Nobody of these is left: all members of the round's epoch.
        Members
    }

    /// @notice The round that collects.
    /// @param round its number; 0 before the start
    /// @param epoch whose members share in it
    /// @param members how many they are
    /// @param openHeight the relay's tip when it opened
    /// @param openedAt when it opened
    struct Collection {
        uint32 round;
        uint32 epoch;
        uint32 members;
        uint32 openHeight;
        uint40 openedAt;
    }

    /// @notice The round in competition, or the last one that was.
    /// @param round its number; 0 before the first closes
    /// @param phase that it is in
    /// @param endHeight the tip's height from which the phase may end
    /// @param phaseStart when the phase began
    /// @param attesters how many attest
    /// @param electorate who they are
    struct Competition {
        uint32 round;
        Phase phase;
        uint32 endHeight;
        uint40 phaseStart;
        uint32 attesters;
        Electorate electorate;
    }

    /// @notice What became of a round's data. In bitmaps bit i stands for data transaction i, or revealed model i.
    /// @param data partitioned data transactions
    /// @param epoch whose members shared them
    /// @param closedAt when it closed
    /// @param decisionTime of the last partition before it closed: its block's timestamp
    /// @param published n1: data transactions whose keys were all published in time; fixed when Unseal ends
    /// @param trim k = floor(n1 / 3)
    /// @param blockNumber its block's; 0: none
    /// @param voidReason why it has none
    /// @param dataSet D, fixed when Report ends
    /// @param dataRoot Merkle root over H("data", id) of D in order of arrival
    /// @param missing revealed models that nobody has; fixed when Bring ends or is skipped. During Bring: those
    /// reported
    struct ClosedRound {
        uint32 data;
        uint32 epoch;
        uint40 closedAt;
        uint40 decisionTime;
        uint32 published;
        uint32 trim;
        uint32 blockNumber;
        VoidReason voidReason;
        uint256 dataSet;
        bytes32 dataRoot;
        uint256 missing;
    }

    /// @notice A block; its hash is H("block", number, previousHash, bestModel, timestamp, dataVoteRoot,
    /// blockVoteRoot, dataRoot, statement). The genesis block has number 0 and only zeros.
    /// @param number from 1
    /// @param round that made it
    /// @param timestamp decision time of the round's last partition
    /// @param bestReveal reveal index of the best model; 0 in a quiet block
    /// @param voices how many there were
    /// @param attestations behind the statement
    /// @param idle quiet blocks in a row for want of a valid model, this one included; 0: it has voices
    /// @param previousHash hash of the block before
    /// @param bestModel identifier of the best model transaction; 0: a quiet block
    /// @param modelHash sha2-256 of the best model so far: a quiet block repeats the one before
    /// @param dataVoteRoot root over the nominations of vote 1
    /// @param blockVoteRoot root over the nominations of vote 2
    /// @param dataRoot the round's
    /// @param statement that it follows
    /// @param paidVoices voices that named D and the head, where the block is not quiet: bit i is reveal i
    struct Block {
        uint32 number;
        uint32 round;
        uint40 timestamp;
        uint32 bestReveal;
        uint32 voices;
        uint32 attestations;
        uint32 idle;
        bytes32 previousHash;
        bytes32 bestModel;
        bytes32 modelHash;
        bytes32 dataVoteRoot;
        bytes32 blockVoteRoot;
        bytes32 dataRoot;
        bytes32 statement;
        uint256 paidVoices;
    }

    /// @notice What a round's block pays for.
    /// @param number the block's; 0: the round has none, and all else is 0
    /// @param bestReveal reveal index of the best model
    /// @param attestations behind the statement
    /// @param idle the block's
    /// @param statement that the block follows
    /// @param voices paid ones: bit i is reveal i; 0: a quiet block
    /// @param dataSet D: bit i is data transaction i
    struct Payout {
        uint32 number;
        uint32 bestReveal;
        uint32 attestations;
        uint32 idle;
        bytes32 statement;
        uint256 voices;
        uint256 dataSet;
    }

    /// @notice The chain has started.
    /// @param members genesis members
    /// @param genesisHash hash of block 0
    event Started(uint32 members, bytes32 genesisHash);

    /// @notice A round begins to collect.
    /// @param round its number
    /// @param epoch whose members share in it
    /// @param members how many they are
    /// @param openHeight the relay's tip
    event RoundOpened(uint32 indexed round, uint32 epoch, uint32 members, uint32 openHeight);

    /// @notice A round has closed and competes.
    /// @param round its number
    /// @param data partitioned data transactions
    /// @param attesters how many attest
    /// @param electorate who they are
    event RoundClosed(uint32 indexed round, uint32 data, uint32 attesters, Electorate electorate);

    /// @notice A phase begins.
    /// @param round the round in competition
    /// @param phase that begins
    /// @param endHeight the tip's height from which it may end; 0 for Final and Void
    event PhaseStarted(uint32 indexed round, Phase phase, uint32 endHeight);

    /// @notice Unseal has ended.
    /// @param round the round in competition
    /// @param published n1: data transactions whose keys were all published in time
    /// @param trim k = floor(n1 / 3)
    event KeysCounted(uint32 indexed round, uint32 published, uint32 trim);

    /// @notice Report has ended.
    /// @param round the round in competition
    /// @param dataSet D: bit i is data transaction i
    /// @param dataRoot Merkle root over H("data", id) of D in order of arrival
    event DataSetFixed(uint32 indexed round, uint256 dataSet, bytes32 dataRoot);

    /// @notice Bring has ended, or is skipped.
    /// @param round the round in competition
    /// @param missing models that nobody has: bit i is revealed model i
    event MissingFixed(uint32 indexed round, uint256 missing);

    /// @notice A round has a block.
    /// @param number the block's
    /// @param round the round
    /// @param blockHash the block's
    /// @param data the block
    event BlockAppended(uint32 indexed number, uint32 indexed round, bytes32 blockHash, Block data);

    /// @notice A round ends without a block.
    /// @param round the round
    /// @param reason why
    event RoundVoided(uint32 indexed round, VoidReason reason);

    /// @notice The chain starts once.
    error AlreadyStarted();

    /// @notice The chain has not started.
    error NotStarted();

    /// @notice No round competes, and the one that collects cannot close yet.
    error NothingToAdvance();

    /// @notice The phase of the round in competition is not over.
    /// @param endHeight the tip's height from which it may end
    /// @param tip the relay's
    /// @param earliest when it may end
    /// @param timestamp now
    error PhaseNotOver(uint32 endHeight, uint32 tip, uint256 earliest, uint256 timestamp);

    /// @notice Only BlockProduction may append a block.
    /// @param caller who called
    /// @param blockProduction who may
    error NotBlockProduction(address caller, address blockProduction);

    /// @notice There is no such block.
    /// @param number what was asked for
    error NoSuchBlock(uint32 number);

    /// @notice Opens epoch 1 and round 1 with the genesis accounts that have applied. Anybody may.
    /// @dev Reverts with AlreadyStarted, or as IMembership.start says.
    /// @param accounts of all that have applied, ascending by share key
    function start(address[] calldata accounts) external;

    /// @notice Ends the current phase (The clock); while no round competes, closes the round that collects. It closes
    /// when every member's data transaction is partitioned, or `collectHeights` after it opened when nothing pending
    /// is due; the last one of an epoch only once the next epoch's members are written. Anybody may.
    /// @dev Reverts with NotStarted, NothingToAdvance, PhaseNotOver or IMembership.MembersNotWritten.
    function advance() external;

    /// @notice Appends the block of the round in competition. Only BlockProduction, in the phase Finalize.
    /// @dev Reverts with NotBlockProduction.
    /// @param data number, round, timestamp and previous hash are filled in here
    function append(Block calldata data) external;

    /// @notice Hash of the task that the nodes learn.
    /// @return fixed at deployment
    function taskHash() external view returns (bytes32);

    /// @notice The round that collects.
    /// @return zeros before the start
    function collection() external view returns (Collection memory);

    /// @notice The round in competition, or the last one that was.
    /// @return zeros before the first one closes
    function competition() external view returns (Competition memory);

    /// @notice What became of a round's data.
    /// @param round the round
    /// @return zeros until it closes
    function closedRound(uint32 round) external view returns (ClosedRound memory);

    /// @notice What a round's block pays for.
    /// @param round the round
    /// @return zeros if it has no block
    function payoutOf(uint32 round) external view returns (Payout memory);

    /// @notice The round that collects.
    /// @return its number; 0 before the start
    function collectingRound() external view returns (uint32);

    /// @notice The round in competition, or the last one that was.
    /// @return round its number; 0 before the first one closes
    /// @return phase that it is in
    function currentPhase() external view returns (uint32 round, Phase phase);

    /// @notice The last block.
    /// @return number its number; 0: the genesis block
    /// @return blockHash its hash
    /// @return modelHash sha2-256 of the best model so far; 0: there is none
    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash);

    /// @notice A block.
    /// @dev Reverts with NoSuchBlock.
    /// @param number from 0 to the head's
    /// @return the block
    function blockAt(uint32 number) external view returns (Block memory);

    /// @notice A block's hash.
    /// @dev Reverts with NoSuchBlock.
    /// @param number from 0 to the head's
    /// @return the hash
    function blockHashAt(uint32 number) external view returns (bytes32);
}
