// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BitcoinRelay} from "../../contracts/BitcoinRelay.sol";
import {IBitcoinRelay, Settings} from "../../contracts/interfaces/IBitcoinRelay.sol";
import {Mined, Miner} from "./support/Miner.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Feeders and attackers of a relay, beside the chain that it must hold. The height of a header is its place in
/// that chain.
contract RelayHandler is Test {
    using Miner for Mined[];

    uint32 public constant RING = 24;
    uint32 public constant BATCH = 12;
    uint32 public constant CONFIRMATIONS = 2;
    uint32 public constant BUFFER = 60;
    uint32 private constant START = 1_700_000_000;

    BitcoinRelay public immutable relay;
    Mined[] private _chain;
    bytes private _last; // what was submitted last
    uint256 private _reached; // highest height ever

    constructor() {
        reach(START + 1 days);
        relay =
            new BitcoinRelay(Miner.rules(), Settings(RING, BATCH, CONFIRMATIONS, BUFFER), Miner.start(_chain, START));
        _reached = height();
    }

    function height() public view returns (uint256) {
        return _chain.length - 1;
    }

    function mined(uint256 at) external view returns (Mined memory) {
        return _chain[at];
    }

    function medianTimePast(uint256 at) external view returns (uint32) {
        return _chain.medianTimePast(at);
    }

    /// @notice Lowest height that must still be held.
    function lowest() external view returns (uint256) {
        return _reached + 1 > RING + Miner.WINDOW - 1 ? _reached + 1 - RING : Miner.WINDOW - 1;
    }

    function extend(uint256 seed, uint256 count) external onTime {
        _last = _grow(seed, bound(count, 1, BATCH));
        relay.submit(_last);
        if (height() > _reached) _reached = height();
    }

    /// @notice Other headers from a fork on: accepted if and only if they are more than those they replace.
    function fork(uint256 seed, uint256 depth, uint256 count) external onTime {
        uint256 deepest = height() - relay.lowestFork();
        depth = bound(depth, 0, deepest);
        count = bound(count, 1, BATCH);
        if (count > depth) {
            for (uint256 i = 0; i < depth; ++i) {
                _chain.pop();
            }
            _last = _grow(seed, count);
            relay.submit(_last);
            if (height() > _reached) _reached = height();
        } else {
            // The same without keeping it.
            uint256 from = height() - depth;
            bytes memory batch = _branch(seed, from, count);
            vm.expectRevert(
                abi.encodeWithSelector(IBitcoinRelay.NotMoreWork.selector, uint32(from), 2 * count, 2 * depth)
            );
            relay.submit(batch);
        }
    }

    /// @notice Nothing changes when the last batch comes again.
    function submitAgain() external onTime {
        if (_last.length != 0) relay.submit(_last);
    }

    function submitNothingOfUse(bytes calldata garbage) external onTime {
        vm.expectRevert();
        relay.submit(garbage);
    }

    /// @notice One bit of a good batch is flipped: a link, the work or a rule breaks.
    function submitDamaged(uint256 seed, uint256 count, uint256 bit) external onTime {
        bytes memory batch = _branch(seed, height(), bound(count, 1, BATCH));
        bit = bound(bit, 0, 8 * batch.length - 1);
        uint256 inHeader = (bit / 8) % 80;
        bytes1 flipped = batch[bit / 8] ^ bytes1(uint8(1 << (bit % 8)));
        batch[bit / 8] = flipped;
        // Half of all hashes meet the target: what the hash alone protects may pass for the batch's last header.
        bool isLast = bit / 8 >= batch.length - 80;
        bool isFree = inHeader < 4 || (inHeader >= 36 && inHeader < 72) || inHeader >= 76;
        if (isLast && isFree) return;
        vm.expectRevert();
        relay.submit(batch);
    }

    function _grow(uint256 seed, uint256 count) private returns (bytes memory batch) {
        for (uint256 i = 0; i < count; ++i) {
            batch = bytes.concat(batch, _chain.extend(_time(seed, i, height()), draw(seed, i)));
        }
    }

    /// @dev Headers on top of a height, not kept. Their times rise, so that no median is too high for them.
    function _branch(uint256 seed, uint256 from, uint256 count) private returns (bytes memory batch) {
        bytes32 previous = _chain[from].hash;
        uint32 time = _chain[from].time;
        for (uint256 back = 0; back < Miner.WINDOW; ++back) {
            if (_chain[from - back].time > time) time = _chain[from - back].time;
        }
        for (uint256 i = 0; i < count; ++i) {
            time += uint32(1 + draw(seed, i) % 900);
            reach(time);
            bytes memory header;
            (header, previous) = Miner.mine(previous, time, draw(seed, i));
            batch = bytes.concat(batch, header);
        }
    }

    /// @dev Any time that the next header may have, often before the one before it; the clock follows.
    function _time(uint256 seed, uint256 i, uint256 at) private returns (uint32 time) {
        uint32 earliest = _chain.medianTimePast(at) + 1;
        time = earliest + uint32(draw(seed, 1000 + i) % 9000);
        reach(time - 7200);
    }
}

contract BitcoinRelayTest is Test {
    RelayHandler private _handler;

    function setUp() external {
        _handler = new RelayHandler();
        target(address(_handler));
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_theBestChainIsHeldFromTheLowestHeightToTheBest() external view {
        BitcoinRelay relay = _handler.relay();
        uint256 best = _handler.height();
        vm.assertEq(relay.bestHeight(), best, "best height");
        vm.assertEq(relay.bestHash(), _handler.mined(best).hash, "best hash");
        vm.assertEq(relay.tip(), best - _handler.CONFIRMATIONS(), "tip");
        vm.assertEq(relay.lowestHeight(), _handler.lowest(), "lowest height");
        for (uint256 at = _handler.lowest(); at <= best; ++at) {
            (bytes24 shortHash, uint32 time, uint32 median) = relay.header(uint32(at));
            vm.assertEq(shortHash, bytes24(_handler.mined(at).hash), "hash");
            vm.assertEq(time, _handler.mined(at).time, "time");
            vm.assertEq(median, _handler.medianTimePast(at), "median time past");
        }
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_decisionTimesNeverFallFromOneHeightToTheNext() external view {
        BitcoinRelay relay = _handler.relay();
        uint40 before;
        for (uint32 at = relay.lowestHeight(); at <= relay.bestHeight(); ++at) {
            uint40 decision = relay.decisionTime(at);
            vm.assertLe(before, decision, "a decision time falls");
            vm.assertEq(decision, _handler.medianTimePast(at) - _handler.BUFFER(), "decision time");
            before = decision;
        }
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_theOldestForkHasAllThatItsMedianNeeds() external view {
        BitcoinRelay relay = _handler.relay();
        uint32 lowest = relay.lowestFork();
        vm.assertLe(relay.checkpointHeight(), lowest, "a fork before the checkpoint");
        vm.assertLe(lowest, relay.bestHeight(), "no fork at all");
        vm.assertLe(relay.bestHeight() - lowest, _handler.BATCH(), "deeper than a batch");
    }
}
