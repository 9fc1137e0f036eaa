// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Model transactions: a member's model of a round with its two votes.
/// @notice Committed while test data are sealed and rivals' models hidden, revealed later. The revealed models of a
/// round are numbered from 0 in order of reveal. H is as IModelChain says; docs/Protocol.md has the rules.
interface IModelTransactions {
    /// @notice As revealed. Its identifier is H("model", round, all fields in order).
    /// @param account whose model it is
    /// @param modelHash sha2-256 of the model file
    /// @param trainingRoot Merkle root of the training data used
    /// @param evaluation its points on the test set by its own count; decides nothing
    /// @param dataRoot vote 1: the data set
    /// @param previousBlock vote 2: the block to build on
    struct ModelTransaction {
        address account;
        bytes32 modelHash;
        bytes32 trainingRoot;
        uint64 evaluation;
        bytes32 dataRoot;
        bytes32 previousBlock;
    }

    /// @notice An account's commitment in a round.
    /// @param hash H("commit", round, account, model hash, training root, salt)
    /// @param order number in the round from 1, replaced ones count; 0: none
    /// @param revealed whether it was opened
    struct Commitment {
        bytes32 hash;
        uint32 order;
        bool revealed;
    }

    /// @notice A revealed model.
    /// @param account whose it is
    /// @param order of its commitment
    /// @param namesData vote 1 is the round's data root
    /// @param namesHead vote 2 is the head's hash
    /// @param brought its file was brought in calldata
    /// @param id identifier of the model transaction
    /// @param modelHash sha2-256 of the model file
    struct Reveal {
        address account;
        uint32 order;
        bool namesData;
        bool namesHead;
        bool brought;
        bytes32 id;
        bytes32 modelHash;
    }

    /// @notice An account committed to a model, or to another one.
    /// @param round the round in competition
    /// @param account who
    /// @param order number of the commitment in the round, from 1
    /// @param commitment H("commit", round, account, model hash, training root, salt)
    /// @param sealedModel sha2-256 of the sealed copy in the content store
    event ModelCommitted(
        uint32 indexed round, address indexed account, uint32 order, bytes32 commitment, bytes32 sealedModel
    );

    /// @notice A model was revealed.
    /// @param round the round in competition
    /// @param account who
    /// @param index its number among the revealed models
    /// @param order of its commitment
    /// @param transaction all that was revealed
    event ModelRevealed(
        uint32 indexed round, address indexed account, uint32 index, uint32 order, ModelTransaction transaction
    );

    /// @notice The file of a model that was reported missing is here.
    /// @param round the round in competition
    /// @param index the model's
    /// @param file its bytes
    event ModelBrought(uint32 indexed round, uint32 indexed index, bytes file);

    /// @notice The round in competition is in another phase.
    /// @param phase as IModelChain.Phase
    /// @param required the phase that it would have to be in
    error WrongPhase(uint8 phase, uint8 required);

    /// @notice Only members commit to models.
    /// @param epoch the round's
    /// @param account who is none of its members
    error NotMember(uint32 epoch, address account);

    /// @notice A commitment of zeros.
    error EmptyCommitment();

    /// @notice The model transaction names another account.
    /// @param account whose it says that it is
    /// @param caller who called
    error NotYourModel(address account, address caller);

    /// @notice There is no commitment to open.
    /// @param round the round in competition
    /// @param account who has none
    error NotCommitted(uint32 round, address account);

    /// @notice The commitment was opened already.
    /// @param round the round in competition
    /// @param account whose it is
    error AlreadyRevealed(uint32 round, address account);

    /// @notice What was revealed is not what was committed to.
    /// @param committed the commitment
    /// @param opened what the revealed fields and the salt hash to
    error CommitmentMismatch(bytes32 committed, bytes32 opened);

    /// @notice There is no such revealed model.
    /// @param index what was asked for
    /// @param reveals how many there are
    error NoSuchReveal(uint32 index, uint32 reveals);

    /// @notice The file is too large to be brought: of such a model the reports decide.
    /// @param size its bytes
    /// @param maximum 120,000
    error ModelTooLarge(uint256 size, uint256 maximum);

    /// @notice The file is another model's.
    /// @param given its sha2-256
    /// @param expected the model's
    error NotTheModel(bytes32 given, bytes32 expected);

    /// @notice The model was not reported missing, or was brought already.
    /// @param index the model's
    error NotMissing(uint32 index);

    /// @notice Only the model chain may call this.
    /// @param caller who called
    /// @param modelChain who may
    error NotModelChain(address caller, address modelChain);

    /// @notice Commits to a model (Commit): members of the round's epoch with a full stake, one model each; a later
    /// commitment replaces the earlier, and its order.
    /// @dev Reverts with WrongPhase, NotMember, EmptyCommitment or IStakes.StakeNotFull.
    /// @param commitment H("commit", round, account, model hash, training root, salt); not 0
    /// @param sealedModel sha2-256 of the sealed copy in the content store
    function commitModel(bytes32 commitment, bytes32 sealedModel) external;

    /// @notice Reveals the model that the caller committed to (Reveal).
    /// @dev Reverts with WrongPhase, NotYourModel, NotCommitted, AlreadyRevealed or CommitmentMismatch.
    /// @param transaction the model with its votes; what it may not name wrongly is its account
    /// @param salt of the commitment
    function revealModel(ModelTransaction calldata transaction, bytes32 salt) external;

    /// @notice Brings the file of a model that is reported missing (Bring). Anybody may.
    /// @dev Reverts with WrongPhase, NoSuchReveal, ModelTooLarge, NotMissing or NotTheModel.
    /// @param index the model's
    /// @param file at most 120,000 bytes
    function bringModel(uint32 index, bytes calldata file) external;

    /// @notice Reveal has ended: burns `modelBurn` of every account that committed and did not reveal. Only the model
    /// chain.
    /// @dev Reverts with NotModelChain.
    /// @param round the round in competition
    function endReveal(uint32 round) external;

    /// @notice An account's commitment.
    /// @param round in which round
    /// @param account whose
    /// @return zeros if there is none
    function commitmentOf(uint32 round, address account) external view returns (Commitment memory);

    /// @notice How many took part in a round.
    /// @param round the round
    /// @return commitments accounts that committed
    /// @return reveals models that were revealed
    function counts(uint32 round) external view returns (uint32 commitments, uint32 reveals);

    /// @notice A revealed model.
    /// @dev Reverts with NoSuchReveal.
    /// @param round in which round
    /// @param index its number
    /// @return what is kept of it
    function revealAt(uint32 round, uint32 index) external view returns (Reveal memory);

    /// @notice All revealed models of a round, in order of reveal: what judging needs of them.
    /// @param round the round
    /// @return accounts whose they are
    /// @return orders of their commitments
    /// @return ids identifiers of the model transactions
    /// @return agreeing bitmap of those that name the round's data root and the head
    function revealed(uint32 round)
        external
        view
        returns (address[] memory accounts, uint256[] memory orders, bytes32[] memory ids, uint256 agreeing);

    /// @notice What a revealed model named, where that is not the data set and the head; else zeros.
    /// @dev Reverts with NoSuchReveal.
    /// @param round in which round
    /// @param index the model's number
    /// @return dataRoot vote 1
    /// @return previousBlock vote 2
    function otherVotesOf(uint32 round, uint32 index) external view returns (bytes32 dataRoot, bytes32 previousBlock);

    /// @notice Models whose file was brought.
    /// @param round in which round
    /// @return bitmap bit i for model i
    function brought(uint32 round) external view returns (uint256 bitmap);
}
