// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IModelToken} from "./interfaces/IModelToken.sol";

/// @title Model Chain Token
/// @dev Documentation is in IModelToken.
contract ModelToken is ERC3009, IModelToken {
    /// @inheritdoc IModelToken
    address public immutable minter;

    /// @inheritdoc IModelToken
    uint256 public immutable cap;

    /// @param minter_ the only address that may ever mint
    /// @param cap_ what the supply can never exceed
    constructor(address minter_, uint256 cap_) ERC20("Model Chain Token", "MCT") EIP712("Model Chain Token", "1") {
        if (minter_ == address(0)) revert MinterIsZero();
        if (cap_ == 0) revert CapIsZero();
        minter = minter_;
        cap = cap_;
    }

    /// @inheritdoc IModelToken
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender, minter);
        uint256 available = cap - totalSupply();
        if (amount > available) revert CapExceeded(amount, available);
        _mint(to, amount);
    }
}
