// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ModelToken} from "../../contracts/ModelToken.sol";
import {IModelToken} from "../../contracts/interfaces/IModelToken.sol";
import {Authorization, TRANSFER_TYPE, authorizationDigest} from "./support/Authorizations.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Holders who mint, pay, approve and authorize by chance, within what they have and beyond.
contract TokenHandler is Test {
    uint256 public constant HOLDERS = 5;
    uint256 public constant CAP = 1_000_000;

    ModelToken public immutable token = new ModelToken(address(this), CAP);
    uint256 public minted;
    mapping(uint256 index => address) public holder;
    mapping(address account => uint256) private _secrets;

    constructor() {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            uint256 secret = 1 + draw(7, i) % 1e18;
            holder[i] = vm.addr(secret);
            _secrets[holder[i]] = secret;
        }
    }

    function mint(uint256 to, uint256 amount) external {
        uint256 available = CAP - minted;
        amount = bound(amount, 0, CAP / 10);
        if (amount > available) {
            vm.expectRevert(abi.encodeWithSelector(IModelToken.CapExceeded.selector, amount, available));
            token.mint(_holder(to), amount);
            return;
        }
        token.mint(_holder(to), amount);
        minted += amount;
    }

    function mintByAnother(uint256 caller, uint256 amount) external {
        address stranger = _holder(caller);
        vm.expectRevert(abi.encodeWithSelector(IModelToken.NotMinter.selector, stranger, address(this)));
        vm.prank(stranger);
        token.mint(stranger, amount);
    }

    function transfer(uint256 from, uint256 to, uint256 amount) external {
        address payer = _holder(from);
        amount = bound(amount, 0, token.balanceOf(payer));
        vm.prank(payer);
        token.transfer(_holder(to), amount);
    }

    function approveAndSpend(uint256 from, uint256 by, uint256 to, uint256 allowed, uint256 amount) external {
        address owner = _holder(from);
        address spender = _holder(by);
        allowed = bound(allowed, 0, token.balanceOf(owner));
        amount = bound(amount, 0, allowed);
        vm.prank(owner);
        token.approve(spender, allowed);
        vm.prank(spender);
        token.transferFrom(owner, _holder(to), amount);
        vm.assertEq(token.allowance(owner, spender), allowed - amount, "allowance left");
    }

    function authorize(uint256 from, uint256 to, uint256 amount, bytes32 nonce) external {
        address owner = _holder(from);
        if (token.authorizationState(owner, nonce)) return;
        amount = bound(amount, 0, token.balanceOf(owner));
        uint256 end = block.timestamp + 1;
        Authorization memory given = Authorization(owner, _holder(to), amount, 0, end, nonce);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secrets[owner], authorizationDigest(token, TRANSFER_TYPE, given));
        token.transferWithAuthorization(owner, given.to, amount, 0, end, nonce, v, r, s);
        // Nobody can use it twice.
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009UsedAuthorization.selector, owner, nonce));
        token.transferWithAuthorization(owner, given.to, amount, 0, end, nonce, v, r, s);
    }

    function spendWithoutAllowance(uint256 from, uint256 by, uint256 amount) external {
        address owner = _holder(from);
        address spender = _holder(by);
        amount = bound(amount, token.allowance(owner, spender) + 1, CAP + 1);
        vm.expectPartialRevert(bytes4(keccak256("ERC20InsufficientAllowance(address,uint256,uint256)")));
        vm.prank(spender);
        token.transferFrom(owner, spender, amount);
    }

    function _holder(uint256 number) private view returns (address) {
        return holder[number % HOLDERS];
    }
}

contract ModelTokenTest is Test {
    TokenHandler private _handler;

    function setUp() external {
        _handler = new TokenHandler();
        target(address(_handler));
    }

    function invariant_theSupplyIsWhatWasMintedAndAtMostTheCap() external view {
        uint256 supply = _handler.token().totalSupply();
        vm.assertEq(supply, _handler.minted(), "supply");
        vm.assertLe(supply, _handler.CAP(), "more than the cap");
    }

    function invariant_theBalancesMakeTheSupply() external view {
        uint256 sum;
        for (uint256 i = 0; i < _handler.HOLDERS(); ++i) {
            sum += _handler.token().balanceOf(_handler.holder(i));
        }
        vm.assertEq(sum, _handler.token().totalSupply(), "sum of balances");
    }
}
