// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC3009} from "@openzeppelin/contracts/token/ERC20/extensions/draft-ERC3009.sol";
import {ModelToken} from "../../contracts/ModelToken.sol";
import {TokenOrders} from "../../contracts/TokenOrders.sol";
import {ITokenOrders} from "../../contracts/interfaces/ITokenOrders.sol";
import {Authorization, RECEIVE_TYPE, authorizationDigest} from "./support/Authorizations.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Holders sign orders by chance; relayers hand them in, and thieves try whatever they can with them.
contract OrdersHandler is Test {
    uint256 public constant ACCOUNTS = 5;
    uint256 public constant CAP = 1_000_000;
    uint256 private constant DAY = 1 days;

    ModelToken public immutable token = new ModelToken(address(this), CAP);
    TokenOrders public immutable orders = new TokenOrders(token, address(0xC0FFEE));
    TokenOrders private immutable _other = new TokenOrders(token, address(0xC0FFEE));

    /// @notice What each account must hold: what was minted to it and what its and others' orders said.
    mapping(address account => uint256) public expected;
    mapping(uint256 index => address) private _account;
    mapping(address account => uint256) private _secrets;
    ITokenOrders.Order[] private _paidOrders;
    ITokenOrders.Signature[] private _paidSignatures;

    constructor() {
        clock = 20_000 days + 7;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            uint256 secret = 1 + draw(11, i) % 1e18;
            _account[i] = vm.addr(secret);
            _secrets[_account[i]] = secret;
        }
    }

    function account(uint256 number) public view returns (address) {
        return _account[number % ACCOUNTS];
    }

    function mint(uint256 to, uint256 amount) external onTime {
        amount = bound(amount, 0, (CAP - token.totalSupply()) / 4);
        token.mint(account(to), amount);
        expected[account(to)] += amount;
    }

    function pass(uint256 time) external onTime {
        reach(clock + time % (3 * DAY));
    }

    /// @dev An order pays whom it names, all of it, and never again.
    function pay(uint256 seed) external onTime {
        (ITokenOrders.Order memory order, ITokenOrders.Signature memory signature) = _draw(seed);
        if (order.amount == 0) return;
        vm.prank(order.relayer == address(0) ? account(draw(seed, 6)) : order.relayer);
        orders.pay(order, signature);
        expected[order.from] -= order.amount + order.fee;
        expected[order.to] += order.amount;
        expected[order.relayer] += order.fee;
        _paidOrders.push(order);
        _paidSignatures.push(signature);
    }

    function payAgain(uint256 number) external onTime {
        if (_paidOrders.length == 0) return;
        number %= _paidOrders.length;
        ITokenOrders.Order memory order = _paidOrders[number];
        // What it is refused for depends on whether its time is over.
        bytes4 reason = clock < order.validBefore
            ? ERC3009.ERC3009UsedAuthorization.selector
            : ERC3009.ERC3009InvalidAuthorizationTime.selector;
        vm.expectPartialRevert(reason);
        vm.prank(order.relayer == address(0) ? account(number) : order.relayer);
        orders.pay(order, _paidSignatures[number]);
    }

    /// @dev One thing that nobody may do with an order that is good.
    function misuse(uint256 seed, uint256 what) external onTime {
        (ITokenOrders.Order memory order, ITokenOrders.Signature memory signature) = _draw(seed);
        if (order.amount == 0) return;
        address thief = account(draw(seed, 6));
        what %= 5;
        if (what == 0) _runAhead(order, signature, thief);
        if (what == 1) _change(order, signature, thief, draw(seed, 7));
        if (what == 2) _takeToTheToken(order, signature, thief);
        if (what == 3) _takeElsewhere(order, signature, thief);
        if (what == 4) _handInLate(order);
    }

    function _runAhead(ITokenOrders.Order memory order, ITokenOrders.Signature memory signature, address thief)
        private
    {
        if (order.relayer == address(0) || thief == order.relayer) return;
        vm.expectRevert(abi.encodeWithSelector(ITokenOrders.NotTheRelayer.selector, thief, order.relayer));
        vm.prank(thief);
        orders.pay(order, signature);
    }

    function _change(
        ITokenOrders.Order memory order,
        ITokenOrders.Signature memory signature,
        address thief,
        uint256 field
    ) private {
        field %= 5;
        if (field == 0) order.to = address(uint160(order.to) ^ 1);
        if (field == 1) order.amount += 1;
        if (field == 2) (order.relayer, order.fee) = (thief, order.fee + 1);
        if (field == 3) order.validBefore += DAY;
        if (field == 4) order.salt = ~order.salt;
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        vm.prank(order.relayer == address(0) ? thief : order.relayer);
        orders.pay(order, signature);
    }

    function _takeToTheToken(ITokenOrders.Order memory order, ITokenOrders.Signature memory signature, address thief)
        private
    {
        Authorization memory given = _authorization(order);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        vm.prank(thief);
        token.transferWithAuthorization(
            given.from, given.to, given.value, 0, given.validBefore, given.nonce, signature.v, signature.r, signature.s
        );
        vm.expectPartialRevert(bytes4(keccak256("ERC20InvalidReceiver(address)")));
        vm.prank(thief);
        token.receiveWithAuthorization(
            given.from, given.to, given.value, 0, given.validBefore, given.nonce, signature.v, signature.r, signature.s
        );
    }

    function _takeElsewhere(ITokenOrders.Order memory order, ITokenOrders.Signature memory signature, address thief)
        private
    {
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidSignature.selector));
        vm.prank(order.relayer == address(0) ? thief : order.relayer);
        _other.pay(order, signature);
    }

    function _handInLate(ITokenOrders.Order memory order) private {
        order.validBefore = clock / DAY * DAY;
        ITokenOrders.Signature memory signature = _sign(order);
        vm.expectRevert(abi.encodeWithSelector(ERC3009.ERC3009InvalidAuthorizationTime.selector, 0, order.validBefore));
        vm.prank(order.relayer == address(0) ? account(0) : order.relayer);
        orders.pay(order, signature);
    }

    /// @dev A good order of a holder; of amount 0 if the holder has nothing.
    function _draw(uint256 seed)
        private
        view
        returns (ITokenOrders.Order memory order, ITokenOrders.Signature memory signature)
    {
        order.from = account(draw(seed, 0));
        order.to = account(draw(seed, 1));
        uint256 held = token.balanceOf(order.from);
        if (held == 0) return (order, signature);
        order.amount = bound(draw(seed, 2), 1, held);
        if (draw(seed, 3) % 3 != 0) {
            order.relayer = account(draw(seed, 4));
            order.fee = bound(draw(seed, 5), 0, held - order.amount);
        }
        order.validBefore = (clock / DAY + 1 + draw(seed, 8) % 3) * DAY;
        order.salt = bytes32(draw(seed, 9));
        if (token.authorizationState(order.from, orders.nonceOf(order))) order.salt = ~order.salt;
        signature = _sign(order);
    }

    function _authorization(ITokenOrders.Order memory order) private view returns (Authorization memory) {
        uint256 value = order.amount + order.fee;
        return Authorization(order.from, address(orders), value, 0, order.validBefore, orders.nonceOf(order));
    }

    function _sign(ITokenOrders.Order memory order) private view returns (ITokenOrders.Signature memory) {
        bytes32 digest = authorizationDigest(token, RECEIVE_TYPE, _authorization(order));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_secrets[order.from], digest);
        return ITokenOrders.Signature(v, r, s);
    }
}

contract TokenOrdersTest is Test {
    OrdersHandler private _handler;

    function setUp() external {
        _handler = new OrdersHandler();
        target(address(_handler));
    }

    function invariant_everybodyHoldsWhatOrdersSaid() external view {
        for (uint256 i = 0; i < _handler.ACCOUNTS(); ++i) {
            address account = _handler.account(i);
            vm.assertEq(_handler.token().balanceOf(account), _handler.expected(account), "balance");
        }
    }

    function invariant_theContractHoldsNothing() external view {
        vm.assertEq(_handler.token().balanceOf(address(_handler.orders())), 0, "balance of the orders");
        vm.assertEq(_handler.expected(address(0)), 0, "fees for nobody");
    }

    function testFuzz_anotherFieldIsAnotherNonce(ITokenOrders.Order memory order, uint256 field, uint256 by) external {
        TokenOrders orders = _handler.orders();
        bytes32 before = orders.nonceOf(order);
        uint256 change = bound(by, 1, type(uint64).max);
        field %= 7;
        unchecked {
            if (field == 0) order.from = address(uint160(order.from) + uint160(change));
            if (field == 1) order.to = address(uint160(order.to) + uint160(change));
            if (field == 2) order.amount += change;
            if (field == 3) order.fee += change;
            if (field == 4) order.relayer = address(uint160(order.relayer) + uint160(change));
            if (field == 5) order.validBefore += change;
            if (field == 6) order.salt = bytes32(uint256(order.salt) + change);
        }
        vm.assertTrue(before != orders.nonceOf(order), "one nonce for two orders");
        TokenOrders another = new TokenOrders(_handler.token(), address(0xBEEF));
        vm.assertTrue(another.nonceOf(order) != orders.nonceOf(order), "one nonce in two deployments");
    }
}
