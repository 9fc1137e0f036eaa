// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Heat: reputation by account. It cannot be transferred, grows by valid models and true attestations,
/// fades with every block appended, and bounds how many share keys an account may hold.
interface IHeat {
    event HeatGained(address indexed account, uint256 amount, uint256 heat);

    /// @notice Only the model chain may grant heat.
    error NotModelChain(address caller, address modelChain);

    /// @notice Adds heat to an account, after fading what it had. Only the model chain may call it.
    function gain(address account, uint256 amount) external;

    /// @notice An account's heat now, faded to the current block number of the model chain.
    function heatOf(address account) external view returns (uint256);

    /// @notice Share keys that an account may hold active at once: baseKeys + heat / keyStep, at most maximumKeys.
    function keyQuota(address account) external view returns (uint256);
}
