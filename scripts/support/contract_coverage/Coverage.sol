// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice Marks that the places of instrumented contracts leave in a trace: static calls, without gas, of addresses
/// that nobody uses.
library Coverage {
    /// @dev The places' addresses follow on it.
    uint160 private constant FIRST = 0xc0fe << 136;

    /// @notice The place was reached.
    /// @dev Declared pure, so that pure functions can be instrumented too: a call that nobody answers changes nothing.
    function hit(uint256 place) internal pure {
        function(uint256) internal view mark = _mark;
        function(uint256) internal pure pureMark;
        // The compiler has no other way to call a view function from a pure one. Safe: both are function pointers of
        // the same arguments.
        assembly ("memory-safe") {
            pureMark := mark
        }
        pureMark(place);
    }

    /// @notice The condition was evaluated: `place` stands for true, the one after it for false.
    function branch(bool condition, uint256 place) internal pure returns (bool) {
        hit(condition ? place : place + 1);
        return condition;
    }

    function _mark(uint256 place) private view {
        address target = address(FIRST + uint160(place));
        // No Solidity call costs so little. Safe: it reads and writes no memory.
        assembly ("memory-safe") {
            pop(staticcall(0, target, 0, 0, 0, 0))
        }
    }
}
