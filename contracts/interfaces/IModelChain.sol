// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "./IDataRegistry.sol";

/// @title The model chain: rounds, model transactions, attestations, votes, blocks and rewards.
/// @notice A round collects data, then competes; the next round collects while it competes. Every phase ends by
/// itself, and anybody may end it. docs/Protocol.md has the rules; here they are named by the heading or step there.
/// H(tag, ...) = keccak256(abi.encode(keccak256("modelchain/" tag "/1"), chain id, address of this contract, ...)),
/// every integer as uint256. Rounds are numbered from 1, heights are Bitcoin's, times are seconds since 1970 on the
/// EVM's clock, scores are correct test samples, rewards are token units of 10^-18, bonds are wei.
/// @dev Its errors are in IModelChainErrors, its events in IModelChainEvents.
interface IModelChain {
    /// @notice Phases of the round in competition, in their order. The phases Commit to Finalize each last until
    /// somebody calls advance (The clock); Finalize may end earlier, by finalize.
    enum Phase {
        /// @notice No round has closed yet.
        None,
        /// @notice Training keys are published, and accounts commit to models.
        Commit,
        /// @notice Test keys are published, and attesters report missing items.
        Unseal,
        /// @notice Accounts reveal their models with their votes.
        Reveal,
        /// @notice Attesters report missing models.
        Available,
        /// @notice Attesters commit to statements of all scores.
        Attest,
        /// @notice Attesters open their statements.
        AttestReveal,
        /// @notice Anybody brings the majority's scores.
        Finalize,
        /// @notice The round is over: its block is appended.
        Final,
        /// @notice The round is over: it has no block.
        Void
    }

    /// @notice Why a round has no block.
    enum VoidReason {
        /// @notice It has one, or is not over.
        None,
        /// @notice It closed with fewer than `minimumItems` items, or without a test item.
        TooFewItems,
        /// @notice No statement had more than half of the frozen set behind it when AttestReveal ended.
        NoMajority,
        /// @notice Nobody committed to a model, nobody revealed one, or none was valid.
        NoValidModel,
        /// @notice Finalize ended, and nobody had brought the majority's scores.
        NotFinalized
    }

    /// @notice The round that collects.
    /// @param round its number; 0 before the start
    /// @param openHeight the relay's tip when it opened
    /// @param items number of items taken so far
    /// @param testItems how many of them test: floor(items x `testBasisPoints` / 10,000)
    /// @param target number of items with which it may close
    /// @param firstItem number of its first item
    /// @param decisionTime of the last partition, of whichever round; 0 before the first
    /// @param seed of the last partition, of whichever round; before the first, the one of the start
    struct Collection {
        uint32 round;
        uint32 openHeight;
        uint32 items;
        uint32 testItems;
        uint32 target;
        uint64 firstItem;
        uint40 decisionTime;
        bytes32 seed;
    }

    /// @notice The round in competition, or the last one that was.
    /// @param round its number; 0 before the first
    /// @param phase its phase
    /// @param endHeight the phase may end when the relay's tip reaches it
    /// @param phaseStart when the phase began; it lasts `minimumPhaseSeconds` at least
    /// @param attesters size of the frozen set
    /// @param genesisActs whether that set is the registered genesis accounts
    /// @param commitments accounts that committed to a model; orders are numbered apart, from 1
    /// @param newcomers how many of them are outside the frozen set
    /// @param reveals models revealed
    /// @param voidsInARow void rounds just before this one, itself included once it is void
    /// @param majority statement behind which more than half of the set stands, or 0
    struct Competition {
        uint32 round;
        Phase phase;
        uint32 endHeight;
        uint40 phaseStart;
        uint32 attesters;
        bool genesisActs;
        uint32 commitments;
        uint32 newcomers;
        uint32 reveals;
        uint32 voidsInARow;
        bytes32 majority;
    }

    /// @notice What a closed round collected. Fixed when it closes, but for how it ended.
    /// @param firstItem number of its first item
    /// @param items number of its items
    /// @param testItems how many of them test
    /// @param closedAt when it closed
    /// @param decisionTime of the last partition before it closed: its block's timestamp
    /// @param seed of that partition
    /// @param voidReason why it has no block
    /// @param blockNumber its block; 0 while it competes and if it is void
    struct ClosedRound {
        uint64 firstItem;
        uint32 items;
        uint32 testItems;
        uint40 closedAt;
        uint40 decisionTime;
        bytes32 seed;
        VoidReason voidReason;
        uint32 blockNumber;
    }

    /// @notice A model transaction as revealed. Its identifier is H("model", round, all fields in order).
    /// @param account who made it
    /// @param modelHash sha2-256 of the model file
    /// @param trainingRoot Merkle root of the training items used
    /// @param score the score that the account claims
    /// @param dataRoot vote 1: the data set
    /// @param previousBlock vote 2: hash of the block to build on
    struct ModelTransaction {
        address account;
        bytes32 modelHash;
        bytes32 trainingRoot;
        uint256 score;
        bytes32 dataRoot;
        bytes32 previousBlock;
    }

    /// @notice What an attestation states, as one hash: H("scores", round, all fields in order).
    /// @param dataRoot Merkle root of the data set D
    /// @param trainingItems training items in D
    /// @param testItems test items in D
    /// @param testSamples samples in D's test items
    /// @param baseline score of the last block's best model on them
    /// @param scores each revealed model's score on them, in reveal order; 0 for one that is missing or malformed
    struct Scores {
        bytes32 dataRoot;
        uint256 trainingItems;
        uint256 testItems;
        uint256 testSamples;
        uint256 baseline;
        uint256[] scores;
    }

    /// @notice A block of the model chain; its hash is H("block", number, previousHash, bestModel, timestamp,
    /// voteRoot, dataRoot). The genesis block has number 0 and only zeros.
    /// @param number its number
    /// @param round the round that it comes from
    /// @param timestamp decision time of the last partition before that round closed
    /// @param trainingItems training items in the data set
    /// @param testItems test items in the data set
    /// @param validModels number of valid models
    /// @param attestations attesters behind the majority's statement when it was appended
    /// @param previousHash hash of the block before
    /// @param bestModel identifier of the best model transaction
    /// @param voteRoot Merkle root over one nomination, itself the Merkle root of the valid models' identifiers, best
    /// first
    /// @param dataRoot Merkle root of the data set: over H("item", item identifier, is test) in order of arrival
    struct Block {
        uint32 number;
        uint32 round;
        uint40 timestamp;
        uint32 trainingItems;
        uint32 testItems;
        uint32 validModels;
        uint32 attestations;
        bytes32 previousHash;
        bytes32 bestModel;
        bytes32 voteRoot;
        bytes32 dataRoot;
    }

    /// @notice An account's commitment in a round and what became of it.
    /// @param hash the latest commitment
    /// @param order its number in the round, from 1; 0 if the account did not commit
    /// @param revealed whether it was opened
    /// @param valid whether the model was valid
    /// @param burned whether its score burned the bond
    /// @param bondReturned whether the bond went back
    /// @param rewardClaimed whether its reward was minted
    /// @param best whether the model was the block's best
    struct Commitment {
        bytes32 hash;
        uint32 order;
        bool revealed;
        bool valid;
        bool burned;
        bool bondReturned;
        bool rewardClaimed;
        bool best;
    }

    // ---- the round's clock -------------------------------------------------------------------------------------

    /// @notice Opens round 1. Anybody may call it, once, when enough genesis accounts have registered share keys;
    /// those that have are the registered genesis accounts from then on (Attesters).
    /// @dev Reverts with AlreadyStarted, TooFewGenesisMembers, TooFewKeys, or HeightNotHeld of the relay while its tip
    /// lies below its checkpoint.
    function start() external;

    /// @notice Partitions the pending items by a Bitcoin block (Partition). Closes the round if it has reached its
    /// target and no other round competes (Close). Anybody may call it; only what DataRegistry.nextPartition returns
    /// is accepted.
    /// @dev Reverts with NotStarted, or with the errors of IDataRegistry.take.
    /// @param height height of that block
    /// @param endArrival position in the arrival log after the last entry taken
    function partition(uint32 height, uint64 endArrival) external;

    /// @notice Ends the current phase (The clock), which voids the round if that phase leaves nothing to go on with;
    /// while no round competes, closes the collecting round (Close). Anybody may call it.
    /// @dev Reverts with PhaseNotOver while a round competes, else with NotStarted or NothingToAdvance.
    function advance() external;

    // ---- model transactions ------------------------------------------------------------------------------------

    /// @notice Commits to a model (Commit). A later commitment by the same account replaces the earlier one, and its
    /// order. Anybody may call it while there are places; in round 1 attesters only. Send `modelBond` wei with an
    /// account's first commitment of a round, nothing with those that replace it.
    /// @dev Reverts with WrongPhase, EmptyCommitment, WrongModelBond, OnlyGenesisInFirstRound or TooManyModels.
    /// @param commitment H("commit", round, account, model hash, training root, salt); not 0
    /// @param encryptedModel sha2-256 of the sealed copy in the content store
    function commitModel(bytes32 commitment, bytes32 encryptedModel) external payable;

    /// @notice Reveals the model that the caller committed to, with its score and its two votes (Reveal). The
    /// commitment binds the model hash and the training root alone.
    /// @dev Reverts with WrongPhase, NotYourModel, NotCommitted, AlreadyRevealed or CommitmentMismatch.
    /// @param transaction the model transaction; its account is the caller
    /// @param salt what the commitment was made with
    function revealModel(ModelTransaction calldata transaction, bytes32 salt) external;

    // ---- attesters ---------------------------------------------------------------------------------------------

    /// @notice Reports items whose payloads cannot be fetched (Unseal). Only for attesters. An item is out iff more
    /// than half of them report it, which is read off the events.
    /// @dev Reverts with WrongPhase, NotAttester, NothingReported, TooManyReported or ReportOutOfRange.
    /// @param items numbers of items of the round in competition; 1 to 1024 of them
    function reportMissingItems(uint64[] calldata items) external;

    /// @notice Reports revealed models that cannot be fetched (Available), by the same rule: such a model scores 0.
    /// Only for attesters.
    /// @dev Reverts with WrongPhase, NotAttester, NothingReported, TooManyReported or ReportOutOfRange.
    /// @param reveals reveal indices; 1 to 1024 of them
    function reportMissingModels(uint32[] calldata reveals) external;

    /// @notice Commits to an attestation (Attest). Only for attesters. Until the phase ends a later one replaces the
    /// earlier.
    /// @dev Reverts with WrongPhase, NotAttester or EmptyCommitment.
    /// @param commitment H("attest", round, account, statement, salt); not 0
    function commitAttestation(bytes32 commitment) external;

    /// @notice Opens the caller's attestation (AttestReveal). The statement behind which more than half of the frozen
    /// set stands is the majority's.
    /// @dev Reverts with WrongPhase, NotCommitted or CommitmentMismatch.
    /// @param statement H("scores", round, the fields of Scores in order)
    /// @param salt what the commitment was made with
    function revealAttestation(bytes32 statement, bytes32 salt) external;

    // ---- block -------------------------------------------------------------------------------------------------

    /// @notice Appends the block of the round in competition, or voids the round if no model is valid (Finalize).
    /// Anybody may call it: all that it takes is fixed by hashes, but for the ranking, which is checked.
    /// @dev Reverts with WrongPhase, NotTheMajority, RevealCountMismatch, RevealMismatch, NotRanked, NotValid or
    /// WrongRanking.
    /// @param scores the table behind the majority's statement
    /// @param transactions all revealed model transactions in reveal order
    /// @param ranking reveal indices of all valid models by score, then earlier commitment
    function finalize(Scores calldata scores, ModelTransaction[] calldata transactions, uint32[] calldata ranking)
        external;

    // ---- rewards and bonds (pulled by anybody, paid to whom they are due) ---------------------------------------

    /// @notice Mints what a valid model earned: the pot for the best model, or an equal share, rounded down, of the
    /// pot for the others (Rewards).
    /// @dev Reverts with NothingToClaim, or with the errors of IModelToken.mint.
    /// @param round the round of the model
    /// @param account who made it, and is paid
    function claimModel(uint32 round, address account) external;

    /// @notice Mints an attestation's equal share, rounded down, of the pot for attestations with the majority, and
    /// grants the account `heatAttestation` of heat (Rewards).
    /// @dev Reverts with NothingToClaim, or with the errors of IModelToken.mint.
    /// @param round the round of the attestation
    /// @param account the attester, who is paid
    function claimAttestation(uint32 round, address account) external;

    /// @notice Mints an item's share of the pot for data to the reward address bound in its ring signature (Rewards).
    /// The pot is divided by weight, rounded down; a test item weighs `testItemWeight`, a training item 1.
    /// @dev Reverts with NoSuchBlock, ProofInvalid, AlreadyClaimed, TooManyTestItems, or with the errors of
    /// IModelToken.mint.
    /// @param blockNumber the block whose data set the item is in
    /// @param item the item as it was shared
    /// @param index position of the item among the leaves of the block's data root
    /// @param isTest whether it is a test item: the leaf is H("item", item id, isTest)
    /// @param proof hashes that lead from the leaf to the root, as in RFC 9162 (docs/Protocol.md, Hashes)
    function claimData(
        uint32 blockNumber,
        IDataRegistry.Item calldata item,
        uint64 index,
        bool isTest,
        bytes32[] calldata proof
    ) external;

    /// @notice Pays a commitment's bond back once more than K rounds have closed since, unless it was burned or the
    /// model never revealed (Rewards).
    /// @dev Reverts with BondLocked, NothingToClaim or TransferFailed.
    /// @param round the round of the commitment
    /// @param account who committed, and is paid
    function withdrawBond(uint32 round, address account) external;

    // ---- views -------------------------------------------------------------------------------------------------

    /// @notice The round that collects.
    /// @return what it has collected so far
    function collection() external view returns (Collection memory);

    /// @notice The round in competition, or the last one that was.
    /// @return how far it has come
    function competition() external view returns (Competition memory);

    /// @notice A closed round. Round 0 stands for the start: of it only the seed is set.
    /// @param round its number
    /// @return what it collected and how it ended; zeros if it has not closed
    function closedRound(uint32 round) external view returns (ClosedRound memory);

    /// @notice The round that collects.
    /// @return its number; 0 before the start
    function collectingRound() external view returns (uint32);

    /// @notice Round and phase of the competition: what a key's publication is judged by.
    /// @return round the round in competition, or the last one that was; 0 before the first
    /// @return phase its phase
    function currentPhase() external view returns (uint32 round, Phase phase);

    /// @notice The last block.
    /// @return number its number; 0 is the genesis block
    /// @return blockHash its hash
    /// @return modelHash sha2-256 of its best model's file; 0 in the genesis block
    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash);

    /// @notice A block.
    /// @dev Reverts with NoSuchBlock.
    /// @param number its number, 0 to that of the head
    /// @return the block
    function blockAt(uint32 number) external view returns (Block memory);

    /// @notice A block's hash.
    /// @dev Reverts with NoSuchBlock.
    /// @param number its number, 0 to that of the head
    /// @return the hash
    function blockHashAt(uint32 number) external view returns (bytes32);

    /// @notice An account's commitment in a round.
    /// @param round the round
    /// @param account who committed
    /// @return the commitment and what became of it; zeros if there is none
    function commitmentOf(uint32 round, address account) external view returns (Commitment memory);

    /// @notice The model transaction revealed at a position.
    /// @param round the round
    /// @param index the position, from 0
    /// @return its identifier; 0 if there is none
    function revealAt(uint32 round, uint32 index) external view returns (bytes32);

    /// @notice An attester's attestation in a round.
    /// @param round the round
    /// @param account the attester
    /// @return commitment what it committed to; 0 if nothing, and once it is opened
    /// @return statement what it opened; 0 if nothing
    /// @return claimed whether its reward was minted
    function attestationOf(uint32 round, address account)
        external
        view
        returns (bytes32 commitment, bytes32 statement, bool claimed);

    /// @notice How many attesters stand behind a statement.
    /// @param round the round
    /// @param statement the statement
    /// @return attesters that opened it
    function support(uint32 round, bytes32 statement) external view returns (uint256);

    /// @notice Whether an account was named as a genesis account at deployment.
    /// @param account the account
    /// @return true if it was, with or without share keys
    function isGenesisAccount(address account) external view returns (bool);

    /// @notice Whether an account belongs to the frozen set of the round in competition (Attesters).
    /// @dev From a block to the closing of the next round accounts that gained standing by the block may count too.
    /// @param account the account
    /// @return true if it does
    function isAttester(address account) external view returns (bool);

    /// @notice Whether an account ever had a valid model. If so it puts up no bond for share keys.
    /// @param account the account
    /// @return true if it had
    function hadValidModel(address account) external view returns (bool);

    /// @notice Last round in which an account has standing (Attesters).
    /// @param account the account
    /// @return that round; 0 if it never had
    function standingUntil(address account) external view returns (uint32);

    /// @notice Score that a model must reach now to be valid (Finalize).
    /// @param baseline score of the last block's best model
    /// @param testSamples samples in the test items
    /// @return baseline + max(`minimumImprovement`, (testSamples - baseline) / (`improvementDivisor` x 2^voids)), with
    /// voids as the competition has them, 32 at most
    function requiredScore(uint256 baseline, uint256 testSamples) external view returns (uint256);

    /// @notice What is minted for a block at most (Rewards).
    /// @param blockNumber its number; it need not be appended yet
    /// @return token units: `blockReward` >> ((blockNumber - 1) / `halvingBlocks`), 0 for the genesis block
    function rewardOf(uint32 blockNumber) external view returns (uint256);

    /// @notice Whether the item at a position of a block's data set was paid.
    /// @param blockNumber the block
    /// @param index position among the leaves of its data root
    /// @return true if it was
    function dataClaimed(uint32 blockNumber, uint256 index) external view returns (bool);

    /// @notice The accounts named as genesis accounts at deployment.
    /// @return all of them, in the order given
    function genesisAccounts() external view returns (address[] memory);
}
