// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @notice The cheat codes that these tests use, of all that forge has.
interface Cheats {
    struct Wallet {
        address addr;
        uint256 publicKeyX;
        uint256 publicKeyY;
        uint256 privateKey;
    }

    // The EVM
    function warp(uint256 timestamp) external;
    function prank(address sender) external;
    function deal(address account, uint256 balance) external;
    function getNonce(address account) external view returns (uint64);
    function computeCreateAddress(address creator, uint256 nonce) external pure returns (address);

    // Keys
    function addr(uint256 secret) external pure returns (address);
    function createWallet(uint256 secret) external returns (Wallet memory);
    function sign(uint256 secret, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    // What must hold
    function assume(bool condition) external pure;
    function expectRevert() external;
    function expectRevert(bytes calldata reason) external;
    function expectPartialRevert(bytes4 selector) external;
    function assertTrue(bool condition, string calldata what) external pure;
    function assertEq(uint256 left, uint256 right, string calldata what) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata what) external pure;
    function assertEq(address left, address right, string calldata what) external pure;
    function assertLe(uint256 left, uint256 right, string calldata what) external pure;
}

/// @notice A test contract: forge calls its functions `test...` and `invariant...`, setUp() before each.
abstract contract Test {
    /// @notice A function of a handler that forge may call.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @notice How forge knows a test contract.
    bool public constant IS_TEST = true;

    Cheats internal constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @notice The time, which never goes back. Kept here, since the optimizer takes block.timestamp for constant
    /// within a call, and forge forgets between calls of a handler what was set by warp().
    uint256 internal clock;

    address[] private _targets;

    modifier onTime() {
        vm.warp(clock);
        _;
    }

    /// @notice Lets the clock run until `time`, if that is ahead.
    function reach(uint256 time) internal {
        if (time > clock) clock = time;
        vm.warp(clock);
    }

    /// @notice Contracts whose functions forge calls before it checks the invariants.
    function targetContracts() external view returns (address[] memory) {
        return _targets;
    }

    function target(address handler) internal {
        _targets.push(handler);
    }
}

/// @notice `value` brought into [lowest, highest].
function bound(uint256 value, uint256 lowest, uint256 highest) pure returns (uint256) {
    return lowest + value % (highest - lowest + 1);
}

/// @notice A number that follows from others as if by chance.
function draw(uint256 seed, uint256 index) pure returns (uint256) {
    return uint256(keccak256(abi.encode(seed, index)));
}
