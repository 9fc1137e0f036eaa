// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "./IDataRegistry.sol";

/// @title The model chain: rounds, model transactions, attestations, votes, blocks and rewards.
/// @notice A round collects data, then competes; the next round collects while it competes. Every phase ends by
/// itself, and anybody may end it. H(tag, ...) = keccak256(abi.encode(keccak256("modelchain/" tag "/1"), chain id,
/// address of this contract, ...)), every integer as uint256.
interface IModelChain {
    /// @notice Phases of the round in competition, in their order.
    enum Phase {
        None,
        Commit,
        Unseal,
        Reveal,
        Available,
        Attest,
        AttestReveal,
        Finalize,
        Final,
        Void
    }

    enum VoidReason {
        None,
        TooFewItems,
        NoMajority,
        NoValidModel,
        NotFinalized
    }

    /// @notice The round that collects.
    struct Collection {
        uint32 round; // 0 before the start
        uint32 openHeight; // relay's tip when it opened
        uint32 items;
        uint32 testItems;
        uint32 target;
        uint64 firstItem;
        uint40 decisionTime; // of the last partition
        bytes32 seed; // of the last partition; before the first, the previous round's
    }

    /// @notice The round in competition, or the last one that was.
    struct Competition {
        uint32 round;
        Phase phase;
        uint32 endHeight; // the phase may end when the relay's tip reaches it
        uint40 phaseStart; // ... and minimumPhaseSeconds have passed since
        uint32 attesters; // size of the frozen set
        bool genesisActs; // the set is the registered genesis accounts
        uint32 commitments; // accounts that committed; orders are numbered apart, from 1
        uint32 newcomers; // of those, outside the frozen set
        uint32 reveals;
        uint32 voidsInARow; // void rounds just before this one, itself included once it is void
        bytes32 majority; // statement behind which more than half of the set stands, or 0
    }

    /// @notice What a closed round collected. Fixed when it closes.
    struct ClosedRound {
        uint64 firstItem;
        uint32 items;
        uint32 testItems;
        uint40 closedAt;
        uint40 decisionTime;
        bytes32 seed; // of its last partition
        VoidReason voidReason;
        uint32 blockNumber; // 0 while it competes and if it is void
    }

    /// @notice A model transaction as revealed.
    struct ModelTransaction {
        address account;
        bytes32 modelHash; // sha2-256 of the model file
        bytes32 trainingRoot; // Merkle root of the training items used
        uint256 score; // correct test samples claimed
        bytes32 dataRoot; // vote 1: the data set
        bytes32 previousBlock; // vote 2: the block to build on
    }

    /// @notice What an attestation's hash states: H("scores", round, all fields in order).
    struct Scores {
        bytes32 dataRoot;
        uint256 trainingItems;
        uint256 testItems;
        uint256 testSamples;
        uint256 baseline;
        uint256[] scores; // in reveal order
    }

    /// @notice A block of the model chain; its hash is H("block", number, previousHash, bestModel, timestamp,
    /// voteRoot, dataRoot). The genesis block has number 0 and only zeros.
    struct Block {
        uint32 number;
        uint32 round;
        uint40 timestamp; // decision time of the round's last partition
        uint32 trainingItems;
        uint32 testItems;
        uint32 validModels;
        uint32 attestations; // with the majority
        bytes32 previousHash;
        bytes32 bestModel; // identifier of the model transaction: H("model", round, its fields)
        bytes32 voteRoot;
        bytes32 dataRoot;
    }

    /// @notice A commitment and what became of it.
    struct Commitment {
        bytes32 hash;
        uint32 order; // of the latest commitment by this account, from 1
        bool revealed;
        bool valid;
        bool burned;
        bool bondReturned;
        bool rewardClaimed;
        bool best;
    }

    /// @param seed of the ring circle of round 1, by the relay's tip; each later scope takes the seed of the last
    /// partition of the round before it (closedRound(scope - 1).seed)
    event Started(uint32 genesisMembers, uint256 keys, bytes32 genesisHash, bytes32 seed);
    event Partitioned(
        uint32 indexed round,
        uint32 indexed height,
        bytes32 seed,
        uint64 firstItem,
        uint64 endItem,
        uint32 testItems, // test items of this batch
        uint40 decisionTime
    );
    event RoundClosed(
        uint32 indexed round, uint64 firstItem, uint32 items, uint32 testItems, uint32 attesters, bool genesisActs
    );
    event PhaseStarted(uint32 indexed round, Phase phase, uint32 endHeight);
    event ModelCommitted(
        uint32 indexed round, address indexed account, uint32 order, bytes32 commitment, bytes32 encryptedModel
    );
    event ModelRevealed(
        uint32 indexed round, address indexed account, uint32 index, uint32 order, ModelTransaction transaction
    );
    event ItemsReported(uint32 indexed round, address indexed account, uint64[] items);
    event ModelsReported(uint32 indexed round, address indexed account, uint32[] reveals);
    event AttestationCommitted(uint32 indexed round, address indexed account, bytes32 commitment);
    event AttestationRevealed(uint32 indexed round, address indexed account, bytes32 statement);
    event MajorityReached(uint32 indexed round, bytes32 statement, uint32 attestations);
    /// @param ranking reveal indices of the valid models, best first
    event BlockAppended(
        uint32 indexed number,
        uint32 indexed round,
        bytes32 blockHash,
        bytes32 modelHash,
        uint32[] ranking,
        Scores scores
    );
    event RoundVoided(uint32 indexed round, VoidReason reason);
    event StandingGained(uint32 indexed round, address indexed account, uint32 untilRound);
    event BondBurned(uint32 indexed round, address indexed account, uint256 amount);
    event BondReturned(uint32 indexed round, address indexed account, uint256 amount);
    event ModelRewarded(uint32 indexed blockNumber, address indexed account, uint256 amount);
    event AttesterRewarded(uint32 indexed blockNumber, address indexed account, uint256 amount);
    event DataRewarded(uint32 indexed blockNumber, address indexed rewardAddress, uint256 index, uint256 amount);

    error DuplicateGenesisAccount(address account);
    error TooManyGenesisAccounts(uint256 count, uint256 maximum);
    error AlreadyStarted();
    error NotStarted();
    error TooFewGenesisMembers(uint256 members, uint256 minimum);
    error TooFewKeys(uint256 keys, uint256 minimum);
    error WrongPhase(Phase current, Phase required);
    error PhaseNotOver(uint32 endHeight, uint32 tip, uint256 earliest, uint256 blockTimestamp);
    error NothingToAdvance();
    error OnlyGenesisInFirstRound(address account);
    error WrongModelBond(uint256 sent, uint256 required);
    error TooManyModels(uint256 commitments, uint256 maximum);
    error EmptyCommitment();
    error NotCommitted(uint32 round, address account);
    error NotYourModel(address account, address caller);
    error AlreadyRevealed(uint32 round, address account);
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);
    error NotAttester(uint32 round, address account);
    error NothingReported();
    error TooManyReported(uint256 count, uint256 maximum);
    error ReportOutOfRange(uint256 value, uint256 end);
    error NotTheMajority(bytes32 statement, bytes32 majority);
    error RevealCountMismatch(uint256 given, uint256 revealed);
    error RevealMismatch(uint256 index, bytes32 given, bytes32 revealed);
    error NotValid(uint256 index, uint256 score, uint256 required);
    error NotRanked(uint256 ranked, uint256 valid);
    error WrongRanking(uint256 position);
    error NoSuchBlock(uint256 number);
    error NothingToClaim(uint32 round, address account);
    error ProofInvalid(uint256 index, bytes32 root);
    error AlreadyClaimed(uint256 blockNumber, uint256 index);
    /// @notice All test items that the block states are claimed: its data root holds more.
    error TooManyTestItems(uint256 blockNumber, uint256 testItems);
    error BondLocked(uint32 round, uint32 untilRound, uint32 current);
    error TransferFailed(address account, uint256 amount);

    // ---- the round's clock -------------------------------------------------------------------------------------

    /// @notice Opens round 1, once enough genesis accounts have registered share keys.
    function start() external;

    /// @notice Partitions the pending items by the Bitcoin block at `height`; the only height that is accepted and
    /// `endArrival` are what DataRegistry.nextPartition() returns. Closes the round if it has reached its target.
    function partition(uint32 height, uint64 endArrival) external;

    /// @notice Ends the current phase, or closes the collecting round, or voids a round that was not finalized.
    function advance() external;

    // ---- model transactions ------------------------------------------------------------------------------------

    /// @notice Commits to a model: H("commit", round, account, model hash, training root, salt). A later commitment
    /// by the same account replaces the earlier one. Send modelBond with an account's first commitment of a round.
    /// @param encryptedModel sha2-256 of the sealed copy in the content store
    function commitModel(bytes32 commitment, bytes32 encryptedModel) external payable;

    /// @notice Reveals the committed model with its score and its two votes. `transaction.account` is the caller.
    function revealModel(ModelTransaction calldata transaction, bytes32 salt) external;

    // ---- attesters ---------------------------------------------------------------------------------------------

    /// @notice Reports items whose payloads cannot be fetched (in Unseal). An item is out iff more than half of the
    /// attesters report it.
    function reportMissingItems(uint64[] calldata items) external;

    /// @notice Reports revealed models that cannot be fetched (in Available), by the same rule.
    function reportMissingModels(uint32[] calldata reveals) external;

    /// @notice Commits to an attestation: H("attest", round, account, statement, salt). Until the phase ends a later
    /// one replaces the earlier.
    function commitAttestation(bytes32 commitment) external;

    /// @notice Opens the attestation. `statement` is H("scores", round, the fields of Scores in order).
    function revealAttestation(bytes32 statement, bytes32 salt) external;

    // ---- block -------------------------------------------------------------------------------------------------

    /// @notice Appends the block of the round in competition, or voids the round if no model is valid.
    /// @param scores the table behind the majority's statement
    /// @param transactions all revealed model transactions in reveal order
    /// @param ranking reveal indices of all valid models by score, then earlier commitment
    function finalize(Scores calldata scores, ModelTransaction[] calldata transactions, uint32[] calldata ranking)
        external;

    // ---- rewards and bonds (pulled by anybody, paid to whom they are due) ---------------------------------------

    function claimModel(uint32 round, address account) external;
    function claimAttestation(uint32 round, address account) external;

    /// @notice Mints an item's share of the data pot to the reward address bound in its ring signature.
    /// @param index position of the item among the leaves of the block's data root
    /// @param isTest whether it is a test item: the leaf is H("item", item id, isTest)
    function claimData(
        uint32 blockNumber,
        IDataRegistry.Item calldata item,
        uint64 index,
        bool isTest,
        bytes32[] calldata proof
    ) external;

    /// @notice Pays a commitment's bond back K rounds later, unless it was burned.
    function withdrawBond(uint32 round, address account) external;

    // ---- views -------------------------------------------------------------------------------------------------

    function collection() external view returns (Collection memory);
    function competition() external view returns (Competition memory);
    function closedRound(uint32 round) external view returns (ClosedRound memory);
    function collectingRound() external view returns (uint32);
    /// @notice Round and phase of the competition: what a key's publication is judged by.
    function currentPhase() external view returns (uint32 round, Phase phase);

    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash);
    function blockAt(uint32 number) external view returns (Block memory);
    function blockHashAt(uint32 number) external view returns (bytes32);

    function commitmentOf(uint32 round, address account) external view returns (Commitment memory);
    /// @notice Identifier of the model transaction revealed at a position, or 0.
    function revealAt(uint32 round, uint32 index) external view returns (bytes32);
    /// @notice Commitment of an attester until it is opened, and the statement that was opened; 0 if there is none.
    function attestationOf(uint32 round, address account)
        external
        view
        returns (bytes32 commitment, bytes32 statement, bool claimed);
    function support(uint32 round, bytes32 statement) external view returns (uint256);

    function isGenesisAccount(address account) external view returns (bool);
    /// @notice Whether an account belongs to the frozen set of the round in competition.
    function isAttester(address account) external view returns (bool);
    function hadValidModel(address account) external view returns (bool);
    /// @notice Last round in which an account has standing; 0 if it never had.
    function standingUntil(address account) external view returns (uint32);

    /// @notice Score that a model must reach: baseline + max(minimumImprovement, errors / (divisor * 2^voids)).
    function requiredScore(uint256 baseline, uint256 testSamples) external view returns (uint256);
    /// @notice Token units minted for a block at most.
    function rewardOf(uint32 blockNumber) external view returns (uint256);
    function dataClaimed(uint32 blockNumber, uint256 index) external view returns (bool);
    function genesisAccounts() external view returns (address[] memory);
}
