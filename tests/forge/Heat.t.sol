// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Heat} from "../../contracts/Heat.sol";
import {ProtocolParameters} from "../../contracts/ProtocolParameters.sol";
import {IHeat} from "../../contracts/interfaces/IHeat.sol";
import {Parameters} from "../../contracts/interfaces/IProtocolParameters.sol";
import {ModelChainHarness} from "../../contracts/test/ModelChainHarness.sol";
import {smallParameters} from "./support/SmallParameters.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Heat against fading it block by block, one block at a time.
contract HeatTest is Test {
    uint256 private constant WHOLE = 10_000;
    uint256 private constant LEAST_FADE = 100;
    address private constant ACCOUNT = address(0xACC);

    ModelChainHarness private _chain = new ModelChainHarness();

    function testFuzz_heatIsGainsFadedOnceForEachBlock(uint256 seed, uint256 fade, uint256 steps) external {
        Parameters memory p = smallParameters();
        p.heatFadeBasisPoints = bound(fade, LEAST_FADE, WHOLE);
        Heat heat = _deploy(p);
        uint256 expected;
        uint32 number;
        for (uint256 step = 0; step < bound(steps, 1, 12); ++step) {
            uint256 absence = draw(seed, 3 * step) % 30;
            for (uint256 i = 0; i < absence; ++i) {
                expected = expected * (WHOLE - p.heatFadeBasisPoints) / WHOLE;
            }
            number += uint32(absence);
            _chain.setBlockNumber(number);
            vm.assertEq(heat.heatOf(ACCOUNT), expected, "heat after an absence");
            uint256 amount = draw(seed, 3 * step + 1) % 2 ** 64;
            _chain.gain(heat, ACCOUNT, amount);
            expected += amount;
            vm.assertEq(heat.heatOf(ACCOUNT), expected, "heat after a gain");
        }
    }

    function testFuzz_heatNeverGrowsByItself(uint256 amount, uint256 fade, uint256 blocks) external {
        Parameters memory p = smallParameters();
        p.heatFadeBasisPoints = bound(fade, LEAST_FADE, WHOLE);
        Heat heat = _deploy(p);
        _chain.gain(heat, ACCOUNT, bound(amount, 0, 2 ** 64));
        uint256 before = heat.heatOf(ACCOUNT);
        for (uint32 number = 1; number <= bound(blocks, 1, 40); ++number) {
            _chain.setBlockNumber(number);
            uint256 current = heat.heatOf(ACCOUNT);
            vm.assertLe(current, before, "heat grew");
            before = current;
        }
    }

    function testFuzz_theQuotaGrowsWithHeatWithinItsBounds(uint256 amount, uint256 more) external {
        Parameters memory p = smallParameters();
        Heat heat = _deploy(p);
        vm.assertEq(heat.keyQuota(ACCOUNT), p.baseKeys, "quota without heat");
        _chain.gain(heat, ACCOUNT, bound(amount, 0, 4 * p.keyStep));
        uint256 before = heat.keyQuota(ACCOUNT);
        _chain.gain(heat, ACCOUNT, bound(more, 0, 4 * p.keyStep));
        vm.assertLe(before, heat.keyQuota(ACCOUNT), "quota fell");
        vm.assertLe(heat.keyQuota(ACCOUNT), p.maximumKeys, "quota above the maximum");
    }

    function testFuzz_nobodyButTheModelChainGrantsHeat(address caller, uint256 amount) external {
        vm.assume(caller != address(_chain));
        Heat heat = _deploy(smallParameters());
        vm.expectRevert(abi.encodeWithSelector(IHeat.NotModelChain.selector, caller, address(_chain)));
        vm.prank(caller);
        heat.gain(ACCOUNT, amount);
    }

    function _deploy(Parameters memory p) private returns (Heat) {
        return new Heat(new ProtocolParameters(p), address(_chain));
    }
}
