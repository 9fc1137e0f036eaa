// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Model transactions: a member's model of a round with its two votes.
interface IModelTransactions {
    /// @notice As revealed. Its identifier is H("model", round, all fields in order).
    struct ModelTransaction {
        address account;
        bytes32 modelHash; // sha2-256 of the model file
        bytes32 trainingRoot; // Merkle root of the training data used
        uint64 evaluation; // its points on the test set by its own count; decides nothing
        bytes32 dataRoot; // vote 1: the data set
        bytes32 previousBlock; // vote 2: the block to build on
    }

    /// @notice An account's commitment in a round.
    struct Commitment {
        bytes32 hash;
        uint32 order; // number in the round from 1, replaced ones count; 0: none
        bool revealed;
    }

    /// @notice A revealed model.
    struct Reveal {
        address account;
        uint32 order;
        bool namesData; // vote 1 is the round's data root
        bool namesHead; // vote 2 is the head's hash
        bool brought; // its file was brought in calldata
        bytes32 id;
        bytes32 modelHash;
    }

    event ModelCommitted(
        uint32 indexed round, address indexed account, uint32 order, bytes32 commitment, bytes32 sealedModel
    );
    event ModelRevealed(
        uint32 indexed round, address indexed account, uint32 index, uint32 order, ModelTransaction transaction
    );
    event ModelBrought(uint32 indexed round, uint32 indexed index, bytes file);

    error WrongPhase(uint8 phase, uint8 required);
    error NotMember(uint32 epoch, address account);
    error EmptyCommitment();
    error NotYourModel(address account, address caller);
    error NotCommitted(uint32 round, address account);
    error AlreadyRevealed(uint32 round, address account);
    error CommitmentMismatch(bytes32 committed, bytes32 opened);
    error NoSuchReveal(uint32 index, uint32 reveals);
    error ModelTooLarge(uint256 size, uint256 maximum);
    error NotTheModel(bytes32 given, bytes32 expected);
    error NotMissing(uint32 index);
    error NotModelChain(address caller, address modelChain);

    /// @notice Commits to a model (Commit): members of the round's epoch with a full stake, one model each; a later
    /// commitment replaces the earlier, and its order.
    /// @param commitment H("commit", round, account, model hash, training root, salt); not 0
    /// @param sealedModel sha2-256 of the sealed copy in the content store
    function commitModel(bytes32 commitment, bytes32 sealedModel) external;

    /// @notice Reveals the model that the caller committed to (Reveal).
    function revealModel(ModelTransaction calldata transaction, bytes32 salt) external;

    /// @notice Brings the file of a model that is reported missing (Bring), at most 120,000 bytes.
    function bringModel(uint32 index, bytes calldata file) external;

    /// @notice Reveal has ended: burns `modelBurn` of every account that committed and did not reveal. Only ModelChain.
    function endReveal(uint32 round) external;

    function commitmentOf(uint32 round, address account) external view returns (Commitment memory);
    function counts(uint32 round) external view returns (uint32 commitments, uint32 reveals); // accounts, reveals
    function revealsOf(uint32 round) external view returns (Reveal[] memory);
    function revealAt(uint32 round, uint32 index) external view returns (Reveal memory);
    /// @notice What a revealed model named.
    function votesOf(uint32 round, uint32 index) external view returns (bytes32 dataRoot, bytes32 previousBlock);
    function brought(uint32 round) external view returns (uint256 bitmap);
}
