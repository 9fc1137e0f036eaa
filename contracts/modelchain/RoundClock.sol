// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {IModelChain} from "../interfaces/IModelChain.sol";
import {Standing} from "../libraries/Standing.sol";
import {Tags} from "../libraries/Tags.sol";
import {ModelChainState} from "./ModelChainState.sol";

/// @title When rounds open, collect, close and compete.
abstract contract RoundClock is ModelChainState {
    using SafeCast for uint256;
    using Standing for Standing.Ledger;

    /// @inheritdoc IModelChain
    function start() external {
        if (_collection.round != 0) revert AlreadyStarted();
        uint256 accounts = _genesisAccounts.length;
        uint32 members = 0;
        for (uint256 i = 0; i < accounts; ++i) {
            address account = _genesisAccounts[i];
            if (keyRegistry.registeredKeys(account) != 0) {
                _isGenesisMember[account] = true;
                ++members;
            }
        }
        if (members < _minimumStanding) revert TooFewGenesisMembers(members, _minimumStanding);
        _genesisMembers = members;

        uint32 tip = relay.tip();
        bytes32 seed = _seed(relay.blockHash(tip));
        _rounds[0].seed = seed;
        _openCollection(1, 0, tip, Math.min(_maximumItems, Math.max(_minimumItems, members)), 0, seed);

        uint256 keys = keyRegistry.activeKeys(1);
        if (keys < _minimumRing) revert TooFewKeys(keys, _minimumRing);
        emit Started(members, keys, _blockHashes[0], seed);
    }

    /// @inheritdoc IModelChain
    function partition(uint32 height, uint64 endArrival) external {
        Collection memory current = _collection;
        if (current.round == 0) revert NotStarted();

        (uint64 firstItem, uint64 endItem, uint40 decision, bytes24 bitcoinHash) =
            dataRegistry.take(height, endArrival);
        current.seed = _seed(bitcoinHash);
        current.decisionTime = decision;
        current.items += uint256(endItem - firstItem).toUint32();
        uint32 testItems = (uint256(current.items) * _testBasisPoints / BASIS_POINTS).toUint32();
        emit Partitioned(
            current.round, height, current.seed, firstItem, endItem, testItems - current.testItems, decision
        );
        current.testItems = testItems;
        _collection = current;

        if (current.items >= current.target && !_isCompeting(_competition.phase)) _close(current, relay.tip());
    }

    /// @inheritdoc IModelChain
    function advance() external {
        if (_isCompeting(_competition.phase)) {
            _nextPhase();
        } else {
            _closeCollection();
        }
    }

    function _nextPhase() private {
        Competition storage current = _competition;
        uint32 tip = relay.tip();
        uint256 earliest = current.phaseStart + _minimumPhaseSeconds;
        if (tip < current.endHeight || block.timestamp < earliest) {
            revert PhaseNotOver(current.endHeight, tip, earliest, block.timestamp);
        }

        Phase ended = current.phase;
        if (ended == Phase.Commit && current.commitments == 0) return _voidRound(VoidReason.NoValidModel);
        if (ended == Phase.Reveal && current.reveals == 0) return _voidRound(VoidReason.NoValidModel);
        if (ended == Phase.AttestReveal && current.majority == 0) return _voidRound(VoidReason.NoMajority);
        if (ended == Phase.Finalize) return _voidRound(VoidReason.NotFinalized);
        _enterPhase(Phase(uint8(ended) + 1), tip);
    }

    function _enterPhase(Phase phase, uint32 tip) private {
        Competition storage current = _competition;
        uint32 endHeight = tip + uint32(_phaseBlocks >> (32 * (uint8(phase) - uint8(Phase.Commit))));
        current.phase = phase;
        current.endHeight = endHeight;
        current.phaseStart = uint40(block.timestamp);
        emit PhaseStarted(current.round, phase, endHeight);
    }

    /// @dev A round closes here when its target is reached (another one competed then) or its time is over, and no
    /// pending item could still be partitioned at the relay's tip: otherwise a keeper could choose what belongs to it.
    function _closeCollection() private {
        Collection memory current = _collection;
        if (current.round == 0) revert NotStarted();
        uint32 tip = relay.tip();
        bool isFull = current.items >= current.target;
        if ((!isFull && tip < current.openHeight + _maximumCollectHeights) || dataRegistry.pendingDue()) {
            revert NothingToAdvance();
        }
        _close(current, tip);
    }

    function _close(Collection memory closing, uint32 tip) private {
        uint32 round = closing.round;
        uint32 attesters = _standing.expire(round);
        uint256 standing = attesters;
        bool genesisActs = attesters < _minimumStanding;
        if (genesisActs) attesters = _genesisMembers;

        ClosedRound storage closed = _rounds[round];
        closed.firstItem = closing.firstItem;
        closed.items = closing.items;
        closed.testItems = closing.testItems;
        closed.closedAt = uint40(block.timestamp);
        closed.decisionTime = closing.decisionTime;
        closed.seed = closing.seed;
        emit RoundClosed(round, closing.firstItem, closing.items, closing.testItems, attesters, genesisActs);

        // The count of void rounds in a row lives on; everything else of the competition begins anew.
        uint32 voidsInARow = _competition.phase == Phase.Void ? _competition.voidsInARow : 0;
        delete _competition;
        _competition.round = round;
        _competition.attesters = attesters;
        _competition.genesisActs = genesisActs;
        _competition.voidsInARow = voidsInARow;
        _orders = 0;
        if (closing.items < _minimumItems || closing.testItems == 0) {
            _voidRound(VoidReason.TooFewItems);
        } else {
            _enterPhase(Phase.Commit, tip);
        }

        uint256 growth = Math.min(_lastDataItems, 2 * uint256(closing.target));
        uint256 target = Math.min(_maximumItems, Math.max(_minimumItems, Math.max(standing, growth)));
        _openCollection(round + 1, closing.firstItem + closing.items, tip, target, closing.decisionTime, closing.seed);
    }

    function _openCollection(
        uint32 round,
        uint64 firstItem,
        uint32 tip,
        uint256 target,
        uint40 decisionTime,
        bytes32 seed
    ) private {
        _collection = Collection({
            round: round,
            openHeight: tip,
            items: 0,
            testItems: 0,
            target: target.toUint32(),
            firstItem: firstItem,
            decisionTime: decisionTime,
            seed: seed
        });
        keyRegistry.openRound(round);
        dataRegistry.openRound(round);
    }

    function _seed(bytes24 bitcoinHash) private view returns (bytes32) {
        return keccak256(abi.encode(Tags.SEED, block.chainid, address(this), bitcoinHash));
    }
}
