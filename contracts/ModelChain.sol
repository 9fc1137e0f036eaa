// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "./interfaces/IAttestations.sol";
import {IBitcoinRelay} from "./interfaces/IBitcoinRelay.sol";
import {Contracts} from "./interfaces/Contracts.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IDisputes} from "./interfaces/IDisputes.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {Bits} from "./libraries/Bits.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Rounds and blocks, as IModelChain describes them.
contract ModelChain is IModelChain {
    uint256 private constant PHASE_BITS = 16;

    /// @inheritdoc IModelChain
    bytes32 public immutable taskHash;

    IBitcoinRelay private immutable _relay;
    IMembership private immutable _membership;
    IDataRegistry private immutable _dataRegistry;
    IModelTransactions private immutable _modelTransactions;
    IAttestations private immutable _attestations;
    IDisputes private immutable _disputes;
    address private immutable _blockProduction;
    uint256 private immutable _minimumData;
    uint256 private immutable _collectHeights;
    uint256 private immutable _minimumPhaseSeconds;
    /// @dev Blocks of the phases from Open to Finalize, PHASE_BITS each, Open lowest: an array cannot be immutable.
    uint256 private immutable _phaseBlocks;

    Collection private _collection;
    Competition private _competition;
    uint32 private _headNumber;
    mapping(uint32 round => ClosedRound) private _rounds;
    mapping(uint32 number => Block) private _blocks;
    mapping(uint32 number => bytes32 blockHash) private _blockHashes;

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    /// @param taskHash_ hash of the task that the nodes learn
    constructor(Contracts memory contracts, bytes32 taskHash_) {
        taskHash = taskHash_;
        _relay = contracts.relay;
        _membership = contracts.membership;
        _dataRegistry = contracts.dataRegistry;
        _modelTransactions = contracts.modelTransactions;
        _attestations = contracts.attestations;
        _disputes = contracts.disputes;
        _blockProduction = address(contracts.blockProduction);
        Parameters memory values = contracts.parameters.get();
        _minimumData = values.minimumData;
        _collectHeights = values.collectHeights;
        _minimumPhaseSeconds = values.minimumPhaseSeconds;
        _phaseBlocks = _packed(
            [
                values.openBlocks,
                values.commitBlocks,
                values.unsealBlocks,
                values.reportBlocks,
                values.revealBlocks,
                values.availableBlocks,
                values.bringBlocks,
                values.attestBlocks,
                values.attestRevealBlocks,
                values.challengeBlocks,
                values.answerBlocks,
                values.secondChallengeBlocks,
                values.secondAnswerBlocks,
                values.proveBlocks,
                values.finalizeBlocks
            ]
        );
        _blockHashes[0] = _blockHash(_blocks[0]);
    }

    // ---- collection --------------------------------------------------------------------------------------------

    /// @inheritdoc IModelChain
    function start(address[] calldata accounts) external {
        if (_collection.round != 0) revert AlreadyStarted();
        _membership.start(accounts);
        uint32 members = _membership.memberCount(1);
        emit Started(members, _blockHashes[0]);
        _openCollection(1, 1, members, _relay.tip());
    }

    /// @inheritdoc IModelChain
    function advance() external {
        Phase phase = _competition.phase;
        if (phase == Phase.None || phase >= Phase.Final) _closeCollection();
        else _nextPhase();
    }

    /// @dev What is pending and due could still be partitioned: without that condition a keeper could choose what
    /// belongs to the round.
    function _closeCollection() private {
        Collection memory closing = _collection;
        if (closing.round == 0) revert NotStarted();
        IDataRegistry.Collected memory collected = _dataRegistry.collected(closing.round);
        uint32 tip = _relay.tip();
        if (collected.partitioned < closing.members) {
            if (tip < closing.openHeight + _collectHeights || _dataRegistry.pendingDue()) revert NothingToAdvance();
        }

        ClosedRound storage closed = _rounds[closing.round];
        closed.data = collected.partitioned;
        closed.epoch = closing.epoch;
        closed.closedAt = uint40(block.timestamp);
        closed.decisionTime = collected.decisionTime;
        _compete(closing.round, collected.partitioned, tip);

        uint32 round = closing.round + 1;
        (uint32 epoch, uint32 members) = _membership.openRound(round);
        _openCollection(round, epoch, members, tip);
    }

    function _openCollection(uint32 round, uint32 epoch, uint32 members, uint32 tip) private {
        _collection = Collection({
            round: round, epoch: epoch, members: members, openHeight: tip, openedAt: uint40(block.timestamp)
        });
        emit RoundOpened(round, epoch, members, tip);
        _dataRegistry.openRound(round);
    }

    // ---- competition -------------------------------------------------------------------------------------------

    function _compete(uint32 round, uint32 data, uint32 tip) private {
        (uint32 attesters, Electorate electorate) = _attestations.freeze(round, _rounds[round].epoch);
        delete _competition;
        _competition.round = round;
        _competition.attesters = attesters;
        _competition.electorate = electorate;
        emit RoundClosed(round, data, attesters, electorate);
        if (data < _minimumData) _voidRound(round, VoidReason.TooFewData);
        else _enter(Phase.Open, round, tip);
    }

    function _nextPhase() private {
        Competition memory current = _competition;
        uint32 tip = _relay.tip();
        uint256 earliest = current.phaseStart + _minimumPhaseSeconds;
        if (tip < current.endHeight || block.timestamp < earliest) {
            revert PhaseNotOver(current.endHeight, tip, earliest, block.timestamp);
        }

        uint32 round = current.round;
        Phase next = Phase(uint8(current.phase) + 1);
        VoidReason reason = VoidReason.None;
        if (current.phase == Phase.Unseal) {
            reason = _countKeys(round);
        } else if (current.phase == Phase.Report) {
            reason = _fixDataSet(round);
            (uint32 commitments,) = _modelTransactions.counts(round);
            if (commitments == 0) next = Phase.Attest;
        } else if (current.phase == Phase.Reveal) {
            _modelTransactions.endReveal(round);
        } else if (current.phase == Phase.Available) {
            if (!_findMissing(round)) next = Phase.Attest;
        } else if (current.phase == Phase.Bring) {
            _fixMissing(round);
        } else if (current.phase == Phase.AttestReveal) {
            reason = _requireStatement(round);
        } else if (current.phase >= Phase.Challenge && current.phase <= Phase.Prove) {
            next = _disputes.endPhase(round, current.phase);
            if (next == Phase.Finalize) reason = _requireStatement(round);
        } else if (current.phase == Phase.Finalize) {
            reason = VoidReason.NotFinalized;
        }
        if (reason != VoidReason.None) _voidRound(round, reason);
        else _enter(next, round, tip);
    }

    function _requireStatement(uint32 round) private view returns (VoidReason) {
        return _attestations.standing(round) == 0 ? VoidReason.NoStatement : VoidReason.None;
    }

    function _enter(Phase phase, uint32 round, uint32 tip) private {
        uint256 place = uint8(phase) - uint8(Phase.Open);
        uint32 endHeight = tip + uint16(_phaseBlocks >> (PHASE_BITS * place));
        _competition.phase = phase;
        _competition.endHeight = endHeight;
        _competition.phaseStart = uint40(block.timestamp);
        emit PhaseStarted(round, phase, endHeight);
    }

    function _voidRound(uint32 round, VoidReason reason) private {
        _rounds[round].voidReason = reason;
        emit RoundVoided(round, reason);
        _end(Phase.Void, round);
    }

    function _end(Phase phase, uint32 round) private {
        _competition.phase = phase;
        emit PhaseStarted(round, phase, 0);
    }

    // ---- what phases settle ------------------------------------------------------------------------------------

    /// @dev k is fixed here, before the reports: withholding keys takes weight from who withholds, reporting does not.
    function _countKeys(uint32 round) private returns (VoidReason) {
        uint32 published = Bits.count(_dataRegistry.published(round));
        _rounds[round].published = published;
        _rounds[round].trim = published / 3;
        emit KeysCounted(round, published, published / 3);
        if (published < _minimumData) return VoidReason.TooFewData;
        _attestations.countRound();
        return VoidReason.None;
    }

    function _fixDataSet(uint32 round) private returns (VoidReason) {
        uint256 dataSet = _dataRegistry.published(round) & ~_attestations.dataOut(round);
        if (Bits.count(dataSet) <= 2 * _rounds[round].trim) return VoidReason.TooFewData;
        bytes32 dataRoot = _dataRegistry.dataRoot(round, dataSet);
        _rounds[round].dataSet = dataSet;
        _rounds[round].dataRoot = dataRoot;
        emit DataSetFixed(round, dataSet, dataRoot);
        return VoidReason.None;
    }

    function _findMissing(uint32 round) private returns (bool) {
        uint256 missing = _attestations.modelsOut(round);
        if (missing == 0) {
            emit MissingFixed(round, 0);
            return false;
        }
        _rounds[round].missing = missing;
        return true;
    }

    function _fixMissing(uint32 round) private {
        uint256 missing = _rounds[round].missing & ~_modelTransactions.brought(round);
        _rounds[round].missing = missing;
        emit MissingFixed(round, missing);
    }

    // ---- blocks ------------------------------------------------------------------------------------------------

    /// @inheritdoc IModelChain
    function append(Block calldata data) external {
        if (msg.sender != _blockProduction) revert NotBlockProduction(msg.sender, _blockProduction);
        uint32 round = _competition.round;
        uint32 number = _headNumber + 1;
        Block memory appended = data;
        appended.number = number;
        appended.round = round;
        appended.timestamp = _rounds[round].decisionTime;
        appended.previousHash = _blockHashes[number - 1];
        appended.idle = data.voices == 0 ? _blocks[number - 1].idle + 1 : 0;
        bytes32 blockHash = _blockHash(appended);
        _blocks[number] = appended;
        _blockHashes[number] = blockHash;
        _headNumber = number;
        _rounds[round].blockNumber = number;
        emit BlockAppended(number, round, blockHash, appended);
        _end(Phase.Final, round);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IModelChain
    function collection() external view returns (Collection memory) {
        return _collection;
    }

    /// @inheritdoc IModelChain
    function competition() external view returns (Competition memory) {
        return _competition;
    }

    /// @inheritdoc IModelChain
    function closedRound(uint32 round) external view returns (ClosedRound memory) {
        return _rounds[round];
    }

    /// @inheritdoc IModelChain
    function payoutOf(uint32 round) external view returns (Payout memory payout) {
        ClosedRound storage closed = _rounds[round];
        uint32 number = closed.blockNumber;
        if (number == 0) return payout;
        Block storage data = _blocks[number];
        return Payout({
            number: number,
            bestReveal: data.bestReveal,
            attestations: data.attestations,
            idle: data.idle,
            statement: data.statement,
            voices: data.paidVoices,
            dataSet: closed.dataSet
        });
    }

    /// @inheritdoc IModelChain
    function collectingRound() external view returns (uint32) {
        return _collection.round;
    }

    /// @inheritdoc IModelChain
    function currentPhase() external view returns (uint32 round, Phase phase) {
        return (_competition.round, _competition.phase);
    }

    /// @inheritdoc IModelChain
    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash) {
        number = _headNumber;
        return (number, _blockHashes[number], _blocks[number].modelHash);
    }

    /// @inheritdoc IModelChain
    function blockAt(uint32 number) external view returns (Block memory) {
        if (number > _headNumber) revert NoSuchBlock(number);
        return _blocks[number];
    }

    /// @inheritdoc IModelChain
    function blockHashAt(uint32 number) external view returns (bytes32) {
        if (number > _headNumber) revert NoSuchBlock(number);
        return _blockHashes[number];
    }

    // ---- hashes ------------------------------------------------------------------------------------------------

    function _blockHash(Block memory data) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.BLOCK,
                block.chainid,
                address(this),
                data.number,
                data.previousHash,
                data.bestModel,
                data.timestamp,
                data.dataVoteRoot,
                data.blockVoteRoot,
                data.dataRoot,
                data.statement
            )
        );
    }

    function _packed(uint256[15] memory blocks) private pure returns (uint256 packed) {
        for (uint256 i; i < blocks.length; ++i) {
            packed |= blocks[i] << (PHASE_BITS * i);
        }
    }
}
