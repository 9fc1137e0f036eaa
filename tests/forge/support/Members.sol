// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IMembership} from "../../../contracts/interfaces/IMembership.sol";
import {IStakes} from "../../../contracts/interfaces/IStakes.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {Bits} from "../../../contracts/libraries/Bits.sol";
import {Sharing} from "./Sharing.sol";
import {bound, draw} from "./Test.sol";

/// @notice Accounts that by chance apply, stake, share and publish, and whose stakes the protocol holds and burns: the
/// calls that forge makes. No model is committed to, so that epochs pass quickly.
contract Members is Sharing {
    /// @notice Wei that burned.
    uint256 public burned;

    /// @notice Wei that was paid back.
    uint256 public paidBack;

    /// @notice Most data transactions of a round whose keys were all published.
    uint256 public mostPublished;

    constructor() {
        for (uint256 i; i < GENESIS_ACCOUNTS; ++i) {
            applyOnce(i, account(i));
        }
        contracts.modelChain.start(genesisByKey());
    }

    function applyForNext(uint256 seed, uint256 by) external onTime {
        applyOnce(seed, account(by % ACCOUNTS));
    }

    function addStake(uint256 by, uint256 value) external onTime {
        address owner = account(by % ACCOUNTS);
        uint256 lacking = p.stake - contracts.membership.stakeOf(owner).amount;
        uint256 added = bound(value, 0, lacking);
        vm.prank(owner);
        contracts.membership.addStake{value: added}();
        vm.expectRevert(abi.encodeWithSelector(IStakes.StakeExceeded.selector, p.stake + 1, p.stake));
        vm.prank(owner);
        contracts.membership.addStake{value: lacking - added + 1}();
    }

    function withdraw(uint256 by) external onTime {
        address owner = account(by % ACCOUNTS);
        IMembership membership = contracts.membership;
        uint256 amount = membership.stakeOf(owner).amount;
        uint32 freeFrom = membership.stakeFreeFrom(owner);
        uint32 round = contracts.modelChain.collectingRound();
        uint256 before = owner.balance;
        if (amount == 0) {
            vm.expectRevert(abi.encodeWithSelector(IStakes.NothingStaked.selector, owner));
        } else if (round < freeFrom) {
            vm.expectRevert(abi.encodeWithSelector(IStakes.StakeLocked.selector, owner, freeFrom, round));
        }
        vm.prank(owner);
        membership.withdrawStake();
        bool isPaid = amount != 0 && round >= freeFrom;
        vm.assertEq(owner.balance, isPaid ? before + amount : before, "what was paid");
        if (isPaid) paidBack += amount;
    }

    function act(uint256 by) external onTime {
        address actor = account(by % ACCOUNTS);
        uint32 round = contracts.modelChain.collectingRound();
        uint256 amount = contracts.membership.stakeOf(actor).amount;
        if (amount != p.stake) {
            vm.expectRevert(abi.encodeWithSelector(IStakes.StakeNotFull.selector, actor, amount, p.stake));
        }
        vm.prank(address(contracts.attestations));
        contracts.membership.act(actor, round);
        if (amount != p.stake) return;
        vm.assertLe(round + p.standingRounds + 1, contracts.membership.stakeFreeFrom(actor), "free too early");
    }

    function burn(uint256 by) external onTime {
        address owner = account(by % ACCOUNTS);
        uint256 before = contracts.membership.stakeOf(owner).amount;
        vm.prank(address(contracts.modelTransactions));
        contracts.membership.burn(owner);
        uint256 taken = before < p.modelBurn ? before : p.modelBurn;
        vm.assertEq(contracts.membership.stakeOf(owner).amount, before - taken, "what is left");
        burned += taken;
    }

    function gainHeat(uint256 by, uint256 amount) external onTime {
        uint32 round = contracts.modelChain.collectingRound();
        vm.prank(address(contracts.rewards));
        contracts.heat.gain(account(by % ACCOUNTS), bound(amount, 0, 2 * p.warmHeat), round);
    }

    function share(uint256 seed) external onTime {
        reach(clock + 1 + seed % 60);
        for (uint256 i; i < ACCOUNTS; ++i) {
            if (draw(seed, i) % 2 == 0) shareOnce(draw(seed, 100 + i), account(i));
        }
    }

    /// @dev Several times, since a round has many phases.
    function advance(uint256 seed) external onTime {
        for (uint256 i; i < 1 + seed % 4; ++i) {
            _advanceOnce(draw(seed, i));
        }
    }

    function sharedIn(uint32 round) external view returns (uint256) {
        return shared[round].length;
    }

    function _advanceOnce(uint256 seed) private {
        mineHeaders(seed, 3 + seed % 5);
        reach(clock + p.minimumPhaseSeconds);
        partitionAll();
        writeMembers(seed);
        (uint32 round, IModelChain.Phase phase) = contracts.modelChain.currentPhase();
        uint32 count = contracts.dataRegistry.collected(round).partitioned;
        for (uint32 index; index < count; ++index) {
            if (draw(seed, index) % 4 == 0) continue;
            if (phase == IModelChain.Phase.Open) publish(round, index, false);
            if (phase == IModelChain.Phase.Unseal) publish(round, index, true);
        }
        uint256 published = Bits.count(contracts.dataRegistry.published(round));
        if (published > mostPublished) mostPublished = published;
        try contracts.modelChain.advance() {}
        catch (bytes memory reason) {
            // Only what the chain has to wait for.
            bytes4 selector = bytes4(reason);
            bool isWaiting = selector == IModelChain.NothingToAdvance.selector
                || selector == IMembership.MembersNotWritten.selector;
            vm.assertTrue(isWaiting, "the chain cannot go on");
        }
    }
}
