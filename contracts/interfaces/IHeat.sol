// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Heat: reputation by account. It cannot be transferred, grows by valid models and true attestations,
/// fades with every block appended, and bounds how many share keys an account may hold.
interface IHeat {
    /// @notice An account has gained heat.
    /// @param account whose heat
    /// @param amount what it gained
    /// @param heat what it has now: what had not faded, and the amount
    event HeatGained(address indexed account, uint256 amount, uint256 heat);

    /// @notice Only the model chain may grant heat.
    /// @param caller who called
    /// @param modelChain who may
    error NotModelChain(address caller, address modelChain);

    /// @notice Adds heat to an account, after fading what it had. Only the model chain may call it.
    /// @dev Reverts with NotModelChain, or with SafeCast's error where the sum does not fit 224 bits.
    /// @param account whose heat
    /// @param amount heat to add: `heatBest`, `heatModel` or `heatAttestation` of the parameters
    function gain(address account, uint256 amount) external;

    /// @notice An account's heat now. With each block appended to the model chain it loses `heatFadeBasisPoints`
    /// ten-thousandths of what is left; what remains is rounded down.
    /// @param account whose heat
    /// @return its heat, faded to the model chain's head
    function heatOf(address account) external view returns (uint256);

    /// @notice Share keys that an account may hold active at once (docs/Protocol.md, Share keys and rings).
    /// @param account whose quota
    /// @return `baseKeys` + heat / `keyStep`, at most `maximumKeys`
    function keyQuota(address account) external view returns (uint256);
}
