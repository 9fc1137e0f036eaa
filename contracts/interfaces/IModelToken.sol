// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IERC3009, IERC3009Cancel} from "@openzeppelin/contracts/interfaces/draft-IERC3009.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

/// @title The token that Model Chain pays its rewards in
/// @notice ERC-20 with ERC-3009 authorizations, 18 decimals. One address, fixed at deployment, may mint, and never
/// more than the cap in all. There is no owner, no pause, no upgrade, and nobody can take a holder's tokens.
/// @dev Transfers and approvals fail with the errors of ERC-6093, authorizations with those of OpenZeppelin's ERC3009.
interface IModelToken is IERC20Metadata, IERC3009, IERC3009Cancel {
    /// @notice The constructor was given the zero address as minter.
    error MinterIsZero();

    /// @notice The constructor was given a cap of zero.
    error CapIsZero();

    /// @notice Somebody else than the minter tried to mint.
    /// @param caller who called
    /// @param minter who may
    error NotMinter(address caller, address minter);

    /// @notice The amount would bring the supply above the cap.
    /// @param amount what was to be minted, in units of 10^-18
    /// @param available what may still be minted, in units of 10^-18
    error CapExceeded(uint256 amount, uint256 available);

    /// @notice Creates tokens; emits `Transfer` from the zero address. Only the minter may call it.
    /// @dev Reverts with NotMinter, CapExceeded or ERC20InvalidReceiver.
    /// @param to who receives them; not the zero address
    /// @param amount how many, in units of 10^-18
    function mint(address to, uint256 amount) external;

    /// @notice The only address that may mint: the model chain.
    /// @return that address
    function minter() external view returns (address);

    /// @notice What the supply can never exceed.
    /// @return units of 10^-18
    function cap() external view returns (uint256);
}
