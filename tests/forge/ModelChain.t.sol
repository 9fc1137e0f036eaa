// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {DataRegistry} from "../../contracts/DataRegistry.sol";
import {KeyRegistry} from "../../contracts/KeyRegistry.sol";
import {ModelChain} from "../../contracts/ModelChain.sol";
import {IDataRegistry} from "../../contracts/interfaces/IDataRegistry.sol";
import {IModelChain} from "../../contracts/interfaces/IModelChain.sol";
import {Parameters} from "../../contracts/interfaces/IProtocolParameters.sol";
import {Network} from "./support/Network.sol";
import {ShareKey} from "./support/Signer.sol";
import {Test} from "./support/Test.sol";

/// @notice What always holds, whatever nodes do.
contract ModelChainTest is Test {
    Network private _network;
    ModelChain private _chain;
    DataRegistry private _data;
    KeyRegistry private _keys;
    Parameters private _p;

    function setUp() external {
        _network = new Network();
        (_chain, _data, _keys) = (_network.chain(), _network.data(), _network.keys());
        _p = _network.parameters();
        target(address(_network));
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_bondsAndTokensAreAccountedFor() public view {
        _bondsHeldAreThoseNotReturned();
        _keyBondsHeldAreThoseRegistered();
        _tokensAreAtMostWhatTheBlocksPay();
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_everyItemHasOneRecordAndOnePlace() public view {
        _everyNullifierHasOneRecord();
        _arrivalsAscend();
        _roundsTakeAllItemsOneAfterTheOther();
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_attestersAndKeysAreThoseOfTheRules() public view {
        _attestersAreTheAccountsWithStanding();
        _commitmentsAreCounted();
        _activeKeysAreTheLeasedOnesEachOnce();
        _quotasKeepTheirBounds();
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_everyBlockFollowsTheOneBefore() public view {
        (uint32 height, bytes32 headHash,) = _chain.head();
        uint32 lastRound;
        uint40 lastTime;
        for (uint32 number = 1; number <= height; ++number) {
            IModelChain.Block memory data = _chain.blockAt(number);
            vm.assertEq(data.number, number, "number");
            vm.assertEq(data.previousHash, _chain.blockHashAt(number - 1), "previous hash");
            vm.assertEq(_chain.closedRound(data.round).blockNumber, number, "the round's block");
            vm.assertTrue(data.round > lastRound && data.timestamp >= lastTime, "an earlier round or time");
            vm.assertTrue(data.validModels != 0 && data.attestations != 0, "nobody's block");
            (lastRound, lastTime) = (data.round, data.timestamp);
        }
        vm.assertEq(_chain.blockHashAt(height), headHash, "head");
    }

    /// @notice Chance reaches blocks, void rounds and claims: the invariants are checked where it matters.
    function test_someRunsMakeBlocksAndSomeRoundsAreVoid() external {
        uint256 voids;
        for (uint256 step = 0; step < 300; ++step) {
            uint256 seed = uint256(keccak256(abi.encode("run", step)));
            _network.register(seed, seed >> 8);
            _network.share(seed);
            _network.mineAndPartition(seed, seed >> 16);
            _network.compete(seed);
            _network.claim(seed);
            _network.misbehave(seed, seed >> 32);
            if (step % 25 != 0) continue;
            invariant_bondsAndTokensAreAccountedFor();
            invariant_everyItemHasOneRecordAndOnePlace();
            invariant_attestersAndKeysAreThoseOfTheRules();
            invariant_everyBlockFollowsTheOneBefore();
        }
        (uint32 height,,) = _chain.head();
        uint32 last = _chain.competition().round;
        for (uint32 round = 1; round < last; ++round) {
            if (_chain.closedRound(round).voidReason != IModelChain.VoidReason.None) ++voids;
        }
        vm.assertLe(5, height, "blocks");
        vm.assertLe(1, voids, "void rounds");
        vm.assertTrue(_network.token().totalSupply() != 0 && _network.itemCount() >= 50, "nothing was paid");
    }

    function _bondsHeldAreThoseNotReturned() private view {
        uint256 held;
        for (uint32 round = 1; round <= _chain.competition().round; ++round) {
            for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
                IModelChain.Commitment memory commitment = _chain.commitmentOf(round, _network.account(i));
                if (commitment.order != 0 && !commitment.bondReturned) ++held;
            }
        }
        vm.assertEq(address(_chain).balance, held * _p.modelBond, "model bonds");
    }

    function _keyBondsHeldAreThoseRegistered() private view {
        uint256 held;
        for (uint256 i = 0; i < _keys.registrations(); ++i) {
            held += _keys.registration(i).bond;
        }
        vm.assertEq(address(_keys).balance, held, "key bonds");
    }

    function _tokensAreAtMostWhatTheBlocksPay() private view {
        (uint32 height,,) = _chain.head();
        uint256 due;
        for (uint32 number = 1; number <= height; ++number) {
            due += _chain.rewardOf(number);
        }
        vm.assertLe(_network.token().totalSupply(), due, "supply");
        vm.assertLe(due, _network.token().cap(), "cap");
    }

    function _everyNullifierHasOneRecord() private view {
        (uint64 count,,,) = _data.totals();
        vm.assertEq(count, _network.itemCount(), "items");
        for (uint256 number = 0; number < count; ++number) {
            IDataRegistry.Item memory item = _network.item(number);
            bytes32 record = _data.record(item.scope, item.nullifierX);
            bytes32 expected = bytes32((uint256(_data.itemId(item)) >> 64 << 64) | (number + 1));
            vm.assertEq(record, expected, "record");
        }
    }

    function _arrivalsAscend() private view {
        (uint64 count, uint64 taken) = _data.arrivals();
        vm.assertLe(taken, count, "taken arrivals");
        uint64 items;
        uint40 time;
        for (uint64 i = 0; i < count; ++i) {
            IDataRegistry.Arrival memory arrival = _data.arrival(i);
            vm.assertTrue(arrival.timestamp > time && arrival.items > items, "arrivals do not ascend");
            (time, items) = (arrival.timestamp, arrival.items);
        }
        vm.assertEq(items, _network.itemCount(), "items that arrived");
    }

    function _roundsTakeAllItemsOneAfterTheOther() private view {
        (, uint64 taken,, uint40 lastDecision) = _data.totals();
        IModelChain.Collection memory collection = _chain.collection();
        uint64 next;
        uint40 decision;
        for (uint32 round = 1; round < collection.round; ++round) {
            IModelChain.ClosedRound memory closed = _chain.closedRound(round);
            vm.assertEq(closed.firstItem, next, "first item");
            vm.assertLe(closed.testItems, closed.items, "test items");
            vm.assertLe(decision, closed.decisionTime, "a decision time falls");
            next += closed.items;
            decision = closed.decisionTime;
        }
        vm.assertEq(collection.firstItem, next, "first item of the collection");
        vm.assertEq(next + collection.items, taken, "items taken");
        vm.assertLe(decision, collection.decisionTime, "a decision time falls");
        vm.assertEq(collection.decisionTime, lastDecision, "last decision time");
        vm.assertEq(_chain.competition().round + 1, collection.round, "rounds");
    }

    function _attestersAreTheAccountsWithStanding() private view {
        IModelChain.Competition memory current = _chain.competition();
        // At the end of a round its models gain standing for later ones.
        if (current.round == 0 || current.phase >= IModelChain.Phase.Final) return;
        uint256 standing;
        uint256 attesters;
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            address account = _network.account(i);
            if (_chain.standingUntil(account) >= current.round) ++standing;
            if (_chain.isAttester(account)) ++attesters;
        }
        vm.assertEq(current.attesters, attesters, "attesters");
        if (current.genesisActs) vm.assertTrue(standing < _p.minimumStanding, "enough accounts have standing");
        else vm.assertEq(attesters, standing, "accounts with standing");
    }

    function _commitmentsAreCounted() private view {
        IModelChain.Competition memory current = _chain.competition();
        uint256 commitments;
        uint256 reveals;
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            IModelChain.Commitment memory commitment = _chain.commitmentOf(current.round, _network.account(i));
            if (commitment.order != 0) ++commitments;
            if (commitment.revealed) ++reveals;
        }
        vm.assertEq(current.commitments, commitments, "commitments");
        vm.assertEq(current.reveals, reveals, "reveals");
        vm.assertLe(commitments, _p.maximumModels, "more models than places");
    }

    function _activeKeysAreTheLeasedOnesEachOnce() private view {
        uint32 round = _chain.collectingRound();
        ShareKey[] memory active = _network.activeKeys(round);
        vm.assertEq(_keys.activeKeys(round), active.length, "active keys");
        bytes memory positions;
        for (uint256 i = 0; i < active.length; ++i) {
            positions = bytes.concat(positions, bytes2(uint16(i)));
            vm.assertTrue(_keys.leasedUntil(active[i].x) >= round, "the lease is over");
        }
        uint256[] memory ring = _keys.ringKeys(round, positions);
        for (uint256 i = 0; i < active.length; ++i) {
            vm.assertEq(ring[i], active[i].x, "key");
            for (uint256 j = 0; j < i; ++j) {
                vm.assertTrue(ring[j] != ring[i], "a key twice");
            }
        }
    }

    function _quotasKeepTheirBounds() private view {
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            uint256 quota = _network.heat().keyQuota(_network.account(i));
            vm.assertTrue(quota >= _p.baseKeys && quota <= _p.maximumKeys, "quota");
        }
    }
}
