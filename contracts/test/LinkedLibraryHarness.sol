// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice A library that is called by its address, to test linking.
library LinkedLibrary {
    function double(uint256 number) external pure returns (uint256) {
        return 2 * number;
    }
}

/// @notice Calls the library that it was linked with.
contract LinkedLibraryHarness {
    function double(uint256 number) external pure returns (uint256) {
        return LinkedLibrary.double(number);
    }
}
