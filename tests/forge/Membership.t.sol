// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "../../contracts/interfaces/Contracts.sol";
import {IDataRegistry} from "../../contracts/interfaces/IDataRegistry.sol";
import {IMembership} from "../../contracts/interfaces/IMembership.sol";
import {IModelChain} from "../../contracts/interfaces/IModelChain.sol";
import {Parameters} from "../../contracts/interfaces/IProtocolParameters.sol";
import {Draw} from "../../contracts/libraries/Draw.sol";
import {Members} from "./support/Members.sol";
import {Test} from "./support/Test.sol";

/// @notice What always holds of members, stakes and data transactions, whatever accounts do.
contract MembershipTest is Test {
    Members private _members;
    IMembership private _membership;
    IDataRegistry private _data;
    IModelChain private _chain;
    Parameters private _p;

    function setUp() external {
        _members = new Members();
        Contracts memory all = _members.deployed();
        (_membership, _data, _chain) = (all.membership, all.dataRegistry, all.modelChain);
        _p = _members.parameters();
        target(address(_members));
    }

    /// forge-config: default.invariant.runs = 6
    /// forge-config: default.invariant.depth = 120
    function invariant_stakesAndMembersAreAccountedFor() public view {
        _whatIsHeldAreStakesAndWhatBurned();
        for (uint32 epoch = 1; epoch <= _membership.currentEpoch() + 2; ++epoch) {
            _applicationsAreNumbered(epoch);
            _exactlyThoseWithPlacesAreDrawn(epoch);
            _theListIsOfThoseDrawn(epoch);
        }
        _membersOfTheRunningEpochStayStaked();
    }

    /// forge-config: default.invariant.runs = 6
    /// forge-config: default.invariant.depth = 120
    function invariant_dataTransactionsAreNumberedTakenAndPublishedInOrder() public view {
        uint32 collecting = _chain.collectingRound();
        _roundIsInOrder(collecting);
        for (uint32 index = 1; index < _data.collected(collecting).shared; ++index) {
            vm.assertLe(_data.arrivalOf(index - 1), _data.arrivalOf(index), "arrivals fall");
        }
        if (collecting > 1) _roundIsInOrder(collecting - 1);
        (uint32 round, IModelChain.Phase phase) = _chain.currentPhase();
        if (round != 0 && phase < IModelChain.Phase.Unseal) {
            vm.assertEq(_data.published(round), 0, "test keys before Unseal");
        }
    }

    /// @notice Chance reaches what the invariants speak of.
    function test_someRunsDrawEpochsPublishKeysBurnAndPayBack() external {
        for (uint256 step; step < 120; ++step) {
            uint256 seed = uint256(keccak256(abi.encode("run", step)));
            _members.applyForNext(seed, seed >> 8);
            _members.gainHeat(seed >> 16, seed >> 24);
            _members.share(seed);
            _members.advance(seed);
            _members.withdraw(seed >> 32);
            if (step % 8 == 0) _members.burn(seed >> 40);
            if (step % 20 == 0) invariant_stakesAndMembersAreAccountedFor();
            if (step % 20 == 10) invariant_dataTransactionsAreNumberedTakenAndPublishedInOrder();
        }
        vm.assertLe(4, _membership.currentEpoch(), "epochs");
        vm.assertLe(2, _members.mostPublished(), "published");
        vm.assertTrue(_members.burned() != 0, "burned");
        vm.assertTrue(_members.paidBack() != 0, "paid back");
    }

    function _whatIsHeldAreStakesAndWhatBurned() private view {
        uint256 staked;
        for (uint256 i; i < _members.ACCOUNTS(); ++i) {
            uint256 amount = _membership.stakeOf(_members.account(i)).amount;
            vm.assertLe(amount, _p.stake, "more than a full stake");
            staked += amount;
        }
        vm.assertEq(address(_membership).balance, staked + _members.burned(), "ether");
    }

    /// @dev The numbers of the warm are 1 to `warm`, those of the cold 1 to `cold`, and no key is there twice.
    function _applicationsAreNumbered(uint32 number) private view {
        IMembership.Epoch memory epoch = _membership.epochAt(number);
        uint256 warm;
        uint256 cold;
        for (uint256 i; i < _members.ACCOUNTS(); ++i) {
            IMembership.Application memory one = _membership.applicationOf(number, _members.account(i));
            if (one.number == 0) continue;
            uint256 bit = 1 << (one.number - 1);
            vm.assertEq((one.warm ? warm : cold) & bit, 0, "a number twice");
            if (one.warm) warm |= bit;
            else cold |= bit;
            for (uint256 j; j < i; ++j) {
                uint256 other = _membership.applicationOf(number, _members.account(j)).key;
                vm.assertTrue(other != one.key, "a key twice");
            }
        }
        vm.assertEq(warm, (1 << epoch.warm) - 1, "warm applicants");
        vm.assertEq(cold, (1 << epoch.cold) - 1, "cold applicants");
        vm.assertLe(epoch.ownWarm, epoch.warm, "with heat of their own");
    }

    function _exactlyThoseWithPlacesAreDrawn(uint32 number) private view {
        IMembership.Epoch memory epoch = _membership.epochAt(number);
        if (number != 1 && epoch.seed == 0) return;
        uint256 drawn;
        for (uint256 i; i < _members.ACCOUNTS(); ++i) {
            address account = _members.account(i);
            IMembership.Application memory one = _membership.applicationOf(number, account);
            (uint256 applicants, uint256 places) =
                one.warm ? (epoch.warm, epoch.warmPlaces) : (epoch.cold, epoch.coldPlaces);
            bytes32 key = Draw.key(address(_chain), epoch.seed, one.warm);
            bool expected = one.number != 0 && Draw.isDrawn(key, one.number - 1, applicants, places);
            vm.assertTrue(_membership.isDrawn(number, account) == expected, "drawn");
            if (expected) ++drawn;
        }
        vm.assertEq(drawn, uint256(epoch.warmPlaces) + epoch.coldPlaces, "as many as there are places");
    }

    function _theListIsOfThoseDrawn(uint32 number) private view {
        IMembership.Epoch memory epoch = _membership.epochAt(number);
        vm.assertTrue(epoch.firstRound == 0 || epoch.code != address(0), "open without a list");
        if (epoch.code == address(0)) return;
        uint256[] memory ring = _membership.ring(number);
        vm.assertLe(_p.minimumRing, ring.length, "too few members");
        vm.assertLe(ring.length, _p.maximumMembers, "too many members");
        vm.assertEq(ring.length, _membership.memberCount(number), "members");
        uint256 found;
        for (uint256 i; i < _members.ACCOUNTS(); ++i) {
            address account = _members.account(i);
            bool isMember = _membership.isMember(number, account);
            vm.assertTrue(isMember == _membership.isDrawn(number, account), "a member is drawn");
            if (!isMember) continue;
            uint256 key = _membership.applicationOf(number, account).key;
            for (uint256 j; j < ring.length; ++j) {
                if (ring[j] == key) ++found;
            }
        }
        vm.assertEq(found, ring.length, "keys of members");
        for (uint256 j = 1; j < ring.length; ++j) {
            vm.assertLe(ring[j - 1] + 1, ring[j], "ascending");
        }
    }

    function _membersOfTheRunningEpochStayStaked() private view {
        uint32 epoch = _membership.currentEpoch();
        uint32 free = _membership.epochAt(epoch).lastRound + uint32(_p.standingRounds) + 1;
        for (uint256 i; i < _members.ACCOUNTS(); ++i) {
            address account = _members.account(i);
            if (!_membership.isMember(epoch, account)) continue;
            vm.assertLe(free, _membership.stakeFreeFrom(account), "a member's stake is free");
        }
    }

    /// @dev One a member and in order; partitions take all of them without a gap; every one has its test parts.
    function _roundIsInOrder(uint32 round) private view {
        IDataRegistry.Collected memory collected = _data.collected(round);
        vm.assertEq(collected.shared, _members.sharedIn(round), "data transactions");
        vm.assertLe(collected.shared, _membership.memberCount(_membership.epochOf(round)), "one a member");
        uint32 end;
        for (uint32 number; number < collected.partitions; ++number) {
            IDataRegistry.Partition memory taken = _data.partitionAt(round, number);
            vm.assertEq(taken.first, end, "a gap");
            vm.assertLe(taken.first + 1, taken.end, "an empty partition");
            end = taken.end;
        }
        vm.assertEq(end, collected.partitioned, "partitioned");
        vm.assertEq(_data.published(round) >> end, 0, "published without a partition");
        for (uint32 index; index < end; ++index) {
            uint256 test = _data.testParts(round, index);
            vm.assertEq(test >> _p.parts, 0, "a part that is none");
            uint256 count;
            for (; test != 0; test &= test - 1) {
                ++count;
            }
            vm.assertEq(count, _p.testParts, "test parts");
        }
    }
}
