// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CodeStorage} from "../../contracts/libraries/CodeStorage.sol";
import {CodeStorageHarness} from "../../contracts/test/CodeStorageHarness.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Words kept as code come back as they were.
contract CodeStorageTest is Test {
    CodeStorageHarness private _storage = new CodeStorageHarness();

    function testFuzz_everyWordIsReadBack(uint256 seed, uint256 count) external {
        count = bound(count, 0, CodeStorage.MAXIMUM_WORDS);
        uint256[] memory words = _words(seed, count);
        _storage.write(words);
        vm.assertEq(_storage.code().code.length, 32 * count + 1, "bytes of code");
        vm.assertEq(keccak256(abi.encode(_storage.read())), keccak256(abi.encode(words)), "words");
    }

    function testFuzz_moreThanACodeHoldsIsRefused(uint256 excess) external {
        uint256 count = CodeStorage.MAXIMUM_WORDS + bound(excess, 1, 100);
        vm.expectRevert(abi.encodeWithSelector(CodeStorage.TooManyWords.selector, count, CodeStorage.MAXIMUM_WORDS));
        _storage.write(new uint256[](count));
    }

    function testFuzz_theCodeDoesNothingWhenItIsCalled(uint256 seed, bytes calldata input) external {
        _storage.write(_words(seed, 5));
        (bool done, bytes memory returned) = _storage.code().call(input);
        vm.assertTrue(done && returned.length == 0, "the code ran");
    }

    function _words(uint256 seed, uint256 count) private pure returns (uint256[] memory words) {
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = draw(seed, i);
        }
    }
}
