// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Bits} from "./libraries/Bits.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Commitments to models and their reveals, as IModelTransactions describes them.
contract ModelTransactions is IModelTransactions {
    /// @dev What a model named that is not D and the head.
    struct OtherVotes {
        bytes32 dataRoot;
        bytes32 previousBlock;
    }

    /// @notice Bytes of a model file that can be brought.
    uint256 public constant MAXIMUM_FILE = 120_000;

    IModelChain private immutable _modelChain;
    IMembership private immutable _membership;
    IAttestations private immutable _attestations;

    mapping(uint32 round => uint32 commitments) private _orders; // replaced ones too
    mapping(uint32 round => address[]) private _accounts; // that committed
    mapping(uint32 round => mapping(address account => Commitment)) private _commitments;
    mapping(uint32 round => Reveal[]) private _reveals;
    mapping(uint32 round => mapping(uint256 index => OtherVotes)) private _otherVotes;
    mapping(uint32 round => uint256 bitmap) private _brought;

    /// @param contracts all contracts of the deployment; none of them has to be there already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _membership = contracts.membership;
        _attestations = contracts.attestations;
    }

    // ---- transactions ------------------------------------------------------------------------------------------

    /// @inheritdoc IModelTransactions
    function commitModel(bytes32 commitment, bytes32 sealedModel) external {
        uint32 round = _requirePhase(IModelChain.Phase.Commit);
        uint32 epoch = _membership.epochOf(round);
        if (!_membership.isMember(epoch, msg.sender)) revert NotMember(epoch, msg.sender);
        if (commitment == 0) revert EmptyCommitment();
        _membership.act(msg.sender, round);

        Commitment storage entry = _commitments[round][msg.sender];
        if (entry.order == 0) _accounts[round].push(msg.sender);
        uint32 order = ++_orders[round];
        entry.hash = commitment;
        entry.order = order;
        emit ModelCommitted(round, msg.sender, order, commitment, sealedModel);
    }

    /// @inheritdoc IModelTransactions
    function revealModel(ModelTransaction calldata transaction, bytes32 salt) external {
        uint32 round = _requirePhase(IModelChain.Phase.Reveal);
        if (transaction.account != msg.sender) revert NotYourModel(transaction.account, msg.sender);
        Commitment storage entry = _commitments[round][msg.sender];
        uint32 order = entry.order;
        if (order == 0) revert NotCommitted(round, msg.sender);
        if (entry.revealed) revert AlreadyRevealed(round, msg.sender);
        bytes32 opened = _commitmentHash(round, transaction, salt);
        if (opened != entry.hash) revert CommitmentMismatch(entry.hash, opened);
        entry.revealed = true;
        _attestations.enrol(msg.sender);

        uint32 index = uint32(_reveals[round].length);
        bool namesData = transaction.dataRoot == _modelChain.closedRound(round).dataRoot;
        (, bytes32 headHash,) = _modelChain.head();
        bool namesHead = transaction.previousBlock == headHash;
        _reveals[round].push(
            Reveal({
                account: msg.sender,
                order: order,
                namesData: namesData,
                namesHead: namesHead,
                brought: false,
                id: _identifier(round, transaction),
                modelHash: transaction.modelHash
            })
        );
        if (!(namesData && namesHead)) {
            _otherVotes[round][index] = OtherVotes(transaction.dataRoot, transaction.previousBlock);
        }
        emit ModelRevealed(round, msg.sender, index, order, transaction);
    }

    /// @inheritdoc IModelTransactions
    function bringModel(uint32 index, bytes calldata file) external {
        uint32 round = _requirePhase(IModelChain.Phase.Bring);
        _requireReveal(round, index);
        if (file.length > MAXIMUM_FILE) revert ModelTooLarge(file.length, MAXIMUM_FILE);
        uint256 missing = _modelChain.closedRound(round).missing & ~_brought[round];
        if (!Bits.has(missing, index)) revert NotMissing(index);
        bytes32 expected = _reveals[round][index].modelHash;
        bytes32 given = sha256(file);
        if (given != expected) revert NotTheModel(given, expected);
        _brought[round] |= 1 << index;
        _reveals[round][index].brought = true;
        emit ModelBrought(round, index, file);
    }

    /// @inheritdoc IModelTransactions
    function endReveal(uint32 round) external {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        address[] storage accounts = _accounts[round];
        uint256 commitments = accounts.length;
        if (commitments == _reveals[round].length) return;
        for (uint256 i; i < commitments; ++i) {
            address account = accounts[i];
            if (!_commitments[round][account].revealed) _membership.burn(account);
        }
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IModelTransactions
    function commitmentOf(uint32 round, address account) external view returns (Commitment memory) {
        return _commitments[round][account];
    }

    /// @inheritdoc IModelTransactions
    function counts(uint32 round) external view returns (uint32 commitments, uint32 reveals) {
        return (uint32(_accounts[round].length), uint32(_reveals[round].length));
    }

    /// @inheritdoc IModelTransactions
    function revealAt(uint32 round, uint32 index) external view returns (Reveal memory) {
        _requireReveal(round, index);
        return _reveals[round][index];
    }

    /// @inheritdoc IModelTransactions
    function revealed(uint32 round)
        external
        view
        returns (address[] memory accounts, uint256[] memory orders, bytes32[] memory ids, uint256 agreeing)
    {
        Reveal[] storage reveals = _reveals[round];
        uint256 count = reveals.length;
        accounts = new address[](count);
        orders = new uint256[](count);
        ids = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            Reveal storage reveal = reveals[i];
            (accounts[i], orders[i], ids[i]) = (reveal.account, reveal.order, reveal.id);
            if (reveal.namesData && reveal.namesHead) agreeing |= 1 << i;
        }
    }

    /// @inheritdoc IModelTransactions
    function otherVotesOf(uint32 round, uint32 index) external view returns (bytes32 dataRoot, bytes32 previousBlock) {
        _requireReveal(round, index);
        OtherVotes memory votes = _otherVotes[round][index];
        return (votes.dataRoot, votes.previousBlock);
    }

    /// @inheritdoc IModelTransactions
    function brought(uint32 round) external view returns (uint256 bitmap) {
        return _brought[round];
    }

    // ---- checks and hashes -------------------------------------------------------------------------------------

    function _requirePhase(IModelChain.Phase required) private view returns (uint32) {
        (uint32 round, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (phase != required) revert WrongPhase(uint8(phase), uint8(required));
        return round;
    }

    function _requireReveal(uint32 round, uint32 index) private view {
        uint256 reveals = _reveals[round].length;
        if (index >= reveals) revert NoSuchReveal(index, uint32(reveals));
    }

    /// @dev H("commit", round, account, model hash, training root, salt).
    function _commitmentHash(uint32 round, ModelTransaction calldata transaction, bytes32 salt)
        private
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encode(
                Tags.COMMIT,
                block.chainid,
                _modelChain,
                round,
                transaction.account,
                transaction.modelHash,
                transaction.trainingRoot,
                salt
            )
        );
    }

    /// @dev H("model", round, all fields in order).
    function _identifier(uint32 round, ModelTransaction calldata transaction) private view returns (bytes32) {
        return keccak256(abi.encode(Tags.MODEL, block.chainid, _modelChain, round, transaction));
    }
}
