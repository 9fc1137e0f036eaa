// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Heat: reputation by account. It cannot be transferred, fades with every round that closes, and decides who
/// applies as warm.
/// @notice With each round that closes an account keeps 10,000 less `heatFadeBasisPoints` ten-thousandths of its heat,
/// rounded down: what round r earned has faded c - r times while round c collects. Saving up claims gains nothing.
/// Invariant: heat never rises but by a gain.
interface IHeat {
    /// @notice An account has gained heat.
    /// @param account whose heat
    /// @param round the round that earned it
    /// @param amount what it earned there
    /// @param heat what it has now: what had not faded, and what is left of the amount
    event HeatGained(address indexed account, uint32 indexed round, uint256 amount, uint256 heat);

    /// @notice Only the rewards contract may grant heat.
    /// @param caller who tried
    /// @param rewards the rewards contract's address
    error NotRewards(address caller, address rewards);

    /// @notice Adds what is left of an amount that a round earned. Only the rewards contract.
    /// @dev Reverts with NotRewards, or SafeCast's error where the heat would not fit 224 bits.
    /// @param account whose heat
    /// @param amount what it earned; 0 to 2^64 - 1
    /// @param round the round that earned it
    function gain(address account, uint256 amount, uint32 round) external;

    /// @notice An account's heat now.
    /// @param account whose
    /// @return what has not faded
    function heatOf(address account) external view returns (uint256);
}
