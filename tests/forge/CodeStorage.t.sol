// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {CodeStorage} from "../../contracts/libraries/CodeStorage.sol";
import {CodeStorageHarness} from "../../contracts/test/CodeStorageHarness.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Words kept as code come back as they were.
contract CodeStorageTest is Test {
    CodeStorageHarness private _storage = new CodeStorageHarness();

    function testFuzz_everyWordIsReadBack(uint256 seed, uint256 count, uint256 position) external {
        count = bound(count, 0, CodeStorage.MAXIMUM_WORDS);
        _storage.write(_words(seed, count));
        vm.assertEq(_storage.code().code.length, 32 * count + 1, "bytes of code");
        position = bound(position, 0, CodeStorage.MAXIMUM_WORDS);
        vm.assertEq(_storage.load(position), position < count ? draw(seed, position) : 0, "word");
    }

    function testFuzz_wordsAreCopiedToTheirPlaceAndNoFurther(uint256 seed, uint256 first, uint256 count, uint256 at)
        external
    {
        uint256 total = 40;
        _storage.write(_words(seed, total));
        first = bound(first, 0, total);
        count = bound(count, 0, total - first);
        at = bound(at, 0, 8);
        uint256 size = at + count + bound(seed, 0, 3);
        uint256[] memory copied = _storage.copy(first, count, size, at);
        for (uint256 i = 0; i < size; ++i) {
            bool isCopied = i >= at && i < at + count;
            vm.assertEq(copied[i], isCopied ? draw(seed, first + i - at) : 1, "word of the target");
        }
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
