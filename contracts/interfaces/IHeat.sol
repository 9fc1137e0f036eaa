// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Heat: reputation by account. It cannot be transferred, fades with every round that closes, and decides who
/// applies as warm.
interface IHeat {
    /// @notice An account has gained heat.
    /// @param account whose heat
    /// @param round the round that earned it
    /// @param amount what it earned there
    /// @param heat what it has now: what had not faded, and what is left of the amount
    event HeatGained(address indexed account, uint32 indexed round, uint256 amount, uint256 heat);

    /// @notice Only the rewards contract may grant heat.
    error NotRewards(address caller, address rewards);

    /// @notice Adds what is left of an amount that a round earned: it has faded since, as if it had been there.
    function gain(address account, uint256 amount, uint32 round) external;

    /// @notice An account's heat now: with each round that closes it loses `heatFadeBasisPoints` ten-thousandths of
    /// what is left, rounded down.
    function heatOf(address account) external view returns (uint256);
}
