// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Heat} from "../../contracts/Heat.sol";
import {ProtocolParameters} from "../../contracts/ProtocolParameters.sol";
import {Contracts} from "../../contracts/interfaces/Contracts.sol";
import {IHeat} from "../../contracts/interfaces/IHeat.sol";
import {IModelChain} from "../../contracts/interfaces/IModelChain.sol";
import {Parameters} from "../../contracts/interfaces/IProtocolParameters.sol";
import {IRewards} from "../../contracts/interfaces/IRewards.sol";
import {smallParameters} from "./support/SmallParameters.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Heat against fading it round by round, one round at a time. This contract stands for the model chain, which
/// says the round, and for the rewards.
contract HeatTest is Test {
    uint256 private constant WHOLE = 10_000;
    uint256 private constant LEAST_FADE = 100;
    address private constant ACCOUNT = address(0xACC);

    uint32 public collectingRound;

    function testFuzz_heatIsGainsFadedOnceForEachRound(uint256 seed, uint256 fade, uint256 steps) external {
        uint256 taken = bound(fade, LEAST_FADE, WHOLE);
        Heat heat = _deploy(taken);
        uint256 expected;
        for (uint256 step; step < bound(steps, 1, 12); ++step) {
            uint256 absence = draw(seed, 4 * step) % 30;
            expected = _faded(expected, absence, taken);
            collectingRound += uint32(absence);
            vm.assertEq(heat.heatOf(ACCOUNT), expected, "heat after an absence");
            uint256 amount = draw(seed, 4 * step + 1) % 2 ** 64;
            uint256 ago = bound(draw(seed, 4 * step + 2), 0, collectingRound);
            heat.gain(ACCOUNT, amount, uint32(collectingRound - ago));
            expected += _faded(amount, ago, taken);
            vm.assertEq(heat.heatOf(ACCOUNT), expected, "heat after a gain");
        }
    }

    function testFuzz_claimingLateSavesNothingUp(uint256 amount, uint256 fade, uint256 rounds) external {
        Heat heat = _deploy(bound(fade, LEAST_FADE, WHOLE));
        amount = bound(amount, 0, 2 ** 64);
        heat.gain(ACCOUNT, amount, 0);
        collectingRound = uint32(bound(rounds, 0, 50));
        heat.gain(address(this), amount, 0);
        vm.assertEq(heat.heatOf(address(this)), heat.heatOf(ACCOUNT), "late and early");
    }

    function testFuzz_heatNeverGrowsByItself(uint256 amount, uint256 fade, uint256 rounds) external {
        Heat heat = _deploy(bound(fade, LEAST_FADE, WHOLE));
        heat.gain(ACCOUNT, bound(amount, 0, 2 ** 64), 0);
        uint256 before = heat.heatOf(ACCOUNT);
        for (uint256 i; i < bound(rounds, 1, 40); ++i) {
            ++collectingRound;
            uint256 current = heat.heatOf(ACCOUNT);
            vm.assertLe(current, before, "heat grew");
            before = current;
        }
    }

    function testFuzz_nobodyButTheRewardsContractGrantsHeat(address caller, uint256 amount) external {
        vm.assume(caller != address(this));
        Heat heat = _deploy(LEAST_FADE);
        vm.expectRevert(abi.encodeWithSelector(IHeat.NotRewards.selector, caller, address(this)));
        vm.prank(caller);
        heat.gain(ACCOUNT, amount, 0);
    }

    function _deploy(uint256 fade) private returns (Heat) {
        Parameters memory p = smallParameters();
        p.heatFadeBasisPoints = fade;
        Contracts memory contracts;
        contracts.parameters = new ProtocolParameters(p);
        contracts.modelChain = IModelChain(address(this));
        contracts.rewards = IRewards(address(this));
        return new Heat(contracts);
    }

    function _faded(uint256 heat, uint256 rounds, uint256 fade) private pure returns (uint256) {
        for (uint256 i; i < rounds; ++i) {
            heat = heat * (WHOLE - fade) / WHOLE;
        }
        return heat;
    }
}
