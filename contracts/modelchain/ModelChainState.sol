// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IBitcoinRelay} from "../interfaces/IBitcoinRelay.sol";
import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {IHeat} from "../interfaces/IHeat.sol";
import {IKeyRegistry} from "../interfaces/IKeyRegistry.sol";
import {IModelChain} from "../interfaces/IModelChain.sol";
import {IModelChainErrors} from "../interfaces/IModelChainErrors.sol";
import {IModelChainEvents} from "../interfaces/IModelChainEvents.sol";
import {IModelToken} from "../interfaces/IModelToken.sol";
import {IProtocolParameters, Parameters} from "../interfaces/IProtocolParameters.sol";
import {Standing} from "../libraries/Standing.sol";
import {Tags} from "../libraries/Tags.sol";
import {Tally} from "../libraries/Tally.sol";

/// @title What the parts of the model chain share: wiring, parameters, storage, and the hashes of the protocol.
abstract contract ModelChainState is IModelChain, IModelChainEvents, IModelChainErrors {
    using Standing for Standing.Ledger;

    /// @dev Of all reveals of one model hash, the one with the earliest commitment.
    struct FirstReveal {
        uint32 order; // 0: the hash was not revealed
        uint32 index;
    }

    /// @dev An attester's attestation in a round: IModelChain.attestationOf.
    struct AttestationRecord {
        bytes32 commitment; // 0 once opened
        bytes32 statement;
        bool claimed;
    }

    uint256 internal constant BASIS_POINTS = 10_000;

    /// @notice The protocol's parameters.
    IProtocolParameters public immutable parameters;
    /// @notice Gives the tip by which phases end, and the Bitcoin hashes that seeds are made from.
    IBitcoinRelay public immutable relay;
    /// @notice Holds the share keys.
    IKeyRegistry public immutable keyRegistry;
    /// @notice Holds the items.
    IDataRegistry public immutable dataRegistry;
    /// @notice Holds the heat that valid models and attestations gain.
    IHeat public immutable heat;
    /// @notice Mints the rewards.
    IModelToken public immutable token;

    uint256 internal immutable _testBasisPoints;
    uint256 internal immutable _minimumRing;
    uint256 internal immutable _minimumItems;
    uint256 internal immutable _maximumItems;
    uint256 internal immutable _maximumCollectHeights;
    uint256 internal immutable _minimumPhaseSeconds;
    uint256 internal immutable _standingRounds;
    uint256 internal immutable _minimumStanding;
    uint256 internal immutable _minimumImprovement;
    uint256 internal immutable _improvementDivisor;
    uint256 internal immutable _maximumModels;
    uint256 internal immutable _modelBond;
    uint256 internal immutable _burnBasisPoints;
    uint256 internal immutable _heatBest;
    uint256 internal immutable _heatModel;
    uint256 internal immutable _heatAttestation;
    uint256 internal immutable _blockReward;
    uint256 internal immutable _halvingBlocks;
    uint256 internal immutable _bestBasisPoints;
    uint256 internal immutable _modelsBasisPoints;
    uint256 internal immutable _attestersBasisPoints;
    uint256 internal immutable _dataBasisPoints;
    uint256 internal immutable _testItemWeight;
    // Blocks of the phases Commit to Finalize, 32 bits each, Commit lowest: an array cannot be immutable.
    uint256 internal immutable _phaseBlocks;

    Collection internal _collection;
    Competition internal _competition;
    uint32 internal _orders; // commitments of the round in competition, replaced ones included
    uint32 internal _headNumber;
    uint32 internal _genesisMembers;
    uint64 internal _lastDataItems; // items of the last block's data set
    bytes32 internal _headModel;

    address[] internal _genesisAccounts;
    mapping(address account => bool) internal _isGenesis;
    mapping(address account => bool) internal _isGenesisMember;
    mapping(address account => bool) internal _hadValidModel;
    Standing.Ledger internal _standing;

    mapping(uint32 round => ClosedRound) internal _rounds;
    mapping(uint32 round => mapping(address account => Commitment)) internal _commitments;
    mapping(uint32 round => mapping(uint32 index => bytes32 modelTransaction)) internal _reveals;
    mapping(uint32 round => mapping(bytes32 modelHash => FirstReveal)) internal _firstReveals;
    mapping(uint32 round => mapping(address account => AttestationRecord)) internal _attestations;
    mapping(uint32 round => mapping(bytes32 statement => uint32 accounts)) internal _support;
    mapping(uint32 number => Block) internal _blocks;
    mapping(uint32 number => bytes32 blockHash) internal _blockHashes;
    mapping(uint32 number => bytes32 statement) internal _majorities; // what each block's scores were attested by

    /// @dev Copies the parameters and hashes the genesis block.
    constructor(
        IProtocolParameters parameters_,
        address relay_,
        address keyRegistry_,
        address dataRegistry_,
        address heat_,
        address token_
    ) {
        parameters = parameters_;
        relay = IBitcoinRelay(relay_);
        keyRegistry = IKeyRegistry(keyRegistry_);
        dataRegistry = IDataRegistry(dataRegistry_);
        heat = IHeat(heat_);
        token = IModelToken(token_);

        Parameters memory p = parameters_.get();
        _testBasisPoints = p.testBasisPoints;
        _minimumRing = p.minimumRing;
        _minimumItems = p.minimumItems;
        _maximumItems = p.maximumItems;
        _maximumCollectHeights = p.maximumCollectHeights;
        _minimumPhaseSeconds = p.minimumPhaseSeconds;
        _standingRounds = p.standingRounds;
        _minimumStanding = p.minimumStanding;
        _minimumImprovement = p.minimumImprovement;
        _improvementDivisor = p.improvementDivisor;
        _maximumModels = p.maximumModels;
        _modelBond = p.modelBond;
        _burnBasisPoints = p.burnBasisPoints;
        _heatBest = p.heatBest;
        _heatModel = p.heatModel;
        _heatAttestation = p.heatAttestation;
        _blockReward = p.blockReward;
        _halvingBlocks = p.halvingBlocks;
        _bestBasisPoints = p.bestBasisPoints;
        _modelsBasisPoints = p.modelsBasisPoints;
        _attestersBasisPoints = p.attestersBasisPoints;
        _dataBasisPoints = p.dataBasisPoints;
        _testItemWeight = p.testItemWeight;
        _phaseBlocks = p.commitBlocks | (p.unsealBlocks << 32) | (p.revealBlocks << 64) | (p.availableBlocks << 96)
            | (p.attestBlocks << 128) | (p.attestRevealBlocks << 160) | (p.finalizeBlocks << 192);

        _blockHashes[0] = _blockHash(_blocks[0]);
    }

    // ---- phases ------------------------------------------------------------------------------------------------

    /// @dev Reverts with WrongPhase in any other phase.
    function _requirePhase(Phase required) internal view {
        Phase current = _competition.phase;
        if (current != required) revert WrongPhase(current, required);
    }

    /// @dev Whether a round competes: not before the first, nor once it is final or void.
    function _isCompeting(Phase phase) internal pure returns (bool) {
        return phase != Phase.None && phase < Phase.Final;
    }

    /// @dev Reverts with NotAttester unless the account belongs to the frozen set.
    function _requireAttester(address account) internal view {
        if (!_isAttester(account)) revert NotAttester(_competition.round, account);
    }

    /// @dev Whether an account belongs to the frozen set of the round in competition.
    function _isAttester(address account) internal view returns (bool) {
        Competition storage current = _competition;
        if (current.genesisActs) return _isGenesisMember[account];
        return current.round != 0 && _standing.has(account, current.round);
    }

    /// @dev Ends the round in competition without a block.
    function _voidRound(VoidReason reason) internal {
        Competition storage current = _competition;
        current.phase = Phase.Void;
        current.voidsInARow += 1;
        _rounds[current.round].voidReason = reason;
        emit RoundVoided(current.round, reason);
        emit PhaseStarted(current.round, Phase.Void, 0);
    }

    // ---- hashes ------------------------------------------------------------------------------------------------

    /// @dev H("model", round, all fields of the model transaction in order).
    function _modelTransactionId(uint32 round, ModelTransaction calldata transaction) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.MODEL,
                block.chainid,
                address(this),
                round,
                transaction.account,
                transaction.modelHash,
                transaction.trainingRoot,
                transaction.score,
                transaction.dataRoot,
                transaction.previousBlock
            )
        );
    }

    /// @dev H("scores", round, all fields of the score table in order).
    function _statement(uint32 round, Scores calldata scores) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.SCORES,
                block.chainid,
                address(this),
                round,
                scores.dataRoot,
                scores.trainingItems,
                scores.testItems,
                scores.testSamples,
                scores.baseline,
                scores.scores
            )
        );
    }

    /// @dev H("block", number, previousHash, bestModel, timestamp, voteRoot, dataRoot).
    function _blockHash(Block memory data) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.BLOCK,
                block.chainid,
                address(this),
                data.number,
                data.previousHash,
                data.bestModel,
                data.timestamp,
                data.voteRoot,
                data.dataRoot
            )
        );
    }

    /// @dev Score that a model must reach in the round in competition: IModelChain.requiredScore.
    function _requiredScore(uint256 baseline, uint256 testSamples) internal view returns (uint256) {
        uint256 voids = _competition.voidsInARow;
        return Tally.requiredScore(baseline, testSamples, _minimumImprovement, _improvementDivisor, voids);
    }
}
