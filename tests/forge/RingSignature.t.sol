// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {RingSignatures} from "../../contracts/libraries/RingSignatures.sol";
import {ShareKeys} from "../../contracts/libraries/ShareKeys.sol";
import {RingSignatureHarness} from "../../contracts/test/RingSignatureHarness.sol";
import {ShareKey, Signed, Signer} from "./support/Signer.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Every signer of every ring is accepted; whatever is changed afterwards is not.
contract RingSignatureTest is Test {
    using Signer for ShareKey[];

    address private constant MODEL_CHAIN = address(0xC4A1);
    uint256 private constant LARGEST_RING = 9;

    RingSignatureHarness private _verifier = new RingSignatureHarness();

    function testFuzz_everyMemberCanSign(uint256 seed, uint256 size, uint256 place) external {
        size = bound(size, RingSignatures.MINIMUM_RING, LARGEST_RING);
        this.verify(_signed(seed, size, bound(place, 0, size - 1), seed));
    }

    function test_aRingOfTheLargestSizeIsAcceptedAndOneMoreIsNot() external {
        uint256 maximum = RingSignatures.MAXIMUM_RING;
        this.verify(_signed(1, maximum, 77, 7));
        Signed memory tooLong = _signed(1, maximum + 1, 77, 7);
        vm.expectRevert(abi.encodeWithSelector(RingSignatures.RingTooLong.selector, maximum + 1, maximum));
        this.verify(tooLong);
    }

    function testFuzz_aFlippedBitOfAnythingIsRefused(uint256 seed, uint256 place, uint256 what, uint256 bit) external {
        Signed memory signed = _signed(seed, 5, place % 5, seed);
        uint256 flip = 1 << (bit % 256);
        what = what % 8;
        if (what == 0) signed.modelChain = address(uint160(signed.modelChain) ^ uint160(1 << (bit % 160)));
        if (what == 1) signed.scope ^= flip;
        if (what == 2) signed.message ^= bytes32(flip);
        if (what == 3) signed.nullifierX ^= flip;
        if (what == 4) signed.nullifierV ^= flip;
        if (what == 5) signed.challenge ^= bytes32(flip);
        if (what == 6) signed.responses[draw(bit, 0) % 5] ^= flip;
        if (what == 7) signed.ring[draw(bit, 0) % 5] ^= flip;
        _requireRefused(signed);
    }

    function testFuzz_rotatedResponsesAreRefused(uint256 seed, uint256 place, uint256 by) external {
        Signed memory signed = _signed(seed, 6, place % 6, seed);
        by = bound(by, 1, 5);
        uint256[] memory rotated = new uint256[](6);
        for (uint256 i = 0; i < 6; ++i) {
            rotated[i] = signed.responses[(i + by) % 6];
        }
        signed.responses = rotated;
        _requireRefused(signed);
    }

    function testFuzz_responsesOfAnotherNumberAreRefused(uint256 seed, uint256 number) external {
        Signed memory signed = _signed(seed, 4, seed % 4, seed);
        number = bound(number, 0, 9);
        if (number == 4) number = 5;
        signed.responses = new uint256[](number);
        vm.expectRevert(abi.encodeWithSelector(RingSignatures.ResponseCountMismatch.selector, 4, number));
        this.verify(signed);
    }

    function testFuzz_oneKeyHasOneNullifierInAScopeWhateverTheRing(uint256 seed, uint256 place, uint256 otherPlace)
        external
    {
        ShareKey memory key = Signer.shareKey(draw(seed, 0));
        (Signed memory one,) = _signedBy(key, seed, 3, place % 3, 7);
        (Signed memory two,) = _signedBy(key, draw(seed, 1), 5, otherPlace % 5, 7);
        vm.assertEq(one.nullifierX, two.nullifierX, "nullifier in another ring");
        vm.assertEq(one.nullifierV, two.nullifierV, "its parity");
        (Signed memory three,) = _signedBy(key, draw(seed, 1), 5, otherPlace % 5, 8);
        vm.assertTrue(three.nullifierX != two.nullifierX, "nullifier in another scope");
        this.verify(one);
        this.verify(two);
        this.verify(three);
    }

    function testFuzz_theNullifierOfAnotherMemberIsRefused(uint256 seed) external {
        ShareKey memory key = Signer.shareKey(draw(seed, 0));
        (Signed memory signed, ShareKey[] memory ring) = _signedBy(key, seed, 4, 1, 7);
        ShareKey memory other = ring[ring[0].x == key.x ? 1 : 0];
        (, signed.nullifierX, signed.nullifierV) = Signer.nullifier(MODEL_CHAIN, 7, other);
        _requireRefused(signed);
    }

    function testFuzz_aKeysHolderProvesPossessionForOneAccountAndEpoch(
        uint256 seed,
        address account,
        address otherAccount,
        uint256 epoch,
        uint256 otherEpoch
    ) external {
        ShareKey memory key = Signer.shareKey(draw(seed, 0));
        (bytes32 challenge, uint256 response) = Signer.possession(MODEL_CHAIN, account, epoch, key, seed);
        _verifier.verifyPossession(MODEL_CHAIN, account, epoch, key.x, challenge, response);
        if (otherAccount != account) {
            vm.expectPartialRevert(ShareKeys.PossessionNotProven.selector);
            _verifier.verifyPossession(MODEL_CHAIN, otherAccount, epoch, key.x, challenge, response);
        }
        if (otherEpoch != epoch) {
            vm.expectPartialRevert(ShareKeys.PossessionNotProven.selector);
            _verifier.verifyPossession(MODEL_CHAIN, account, otherEpoch, key.x, challenge, response);
        }
        uint256 otherKey = Signer.shareKey(draw(seed, 1)).x;
        vm.expectPartialRevert(ShareKeys.PossessionNotProven.selector);
        _verifier.verifyPossession(MODEL_CHAIN, account, epoch, otherKey, challenge, response);
    }

    /// @notice Called from outside, so that arguments become calldata.
    function verify(Signed calldata signed) external view {
        _verifier.verify(
            signed.modelChain,
            signed.scope,
            signed.message,
            signed.nullifierX,
            signed.nullifierV,
            signed.ring,
            signed.challenge,
            signed.responses
        );
    }

    /// @dev Refused for one of the library's reasons, not by a panic or for lack of gas.
    function _requireRefused(Signed memory signed) private view {
        try this.verify(signed) {
            vm.assertTrue(false, "accepted");
        } catch (bytes memory reason) {
            vm.assertTrue(reason.length >= 4 && bytes4(reason) != bytes4(keccak256("Panic(uint256)")), "no reason");
        }
    }

    function _signed(uint256 seed, uint256 size, uint256 place, uint256 scope) private returns (Signed memory) {
        return Signer.sign(MODEL_CHAIN, scope, bytes32(draw(seed, 1)), _ring(seed, size), place, seed);
    }

    /// @dev Signed by `key` in a ring of others, where it takes the place that its x gives it: `place` is where it is
    /// put before they are sorted.
    function _signedBy(ShareKey memory key, uint256 seed, uint256 size, uint256 place, uint256 scope)
        private
        returns (Signed memory signed, ShareKey[] memory ring)
    {
        ring = _ring(draw(seed, 99), size);
        ring[place] = key;
        ring = ring.sorted();
        uint256 own;
        while (ring[own].x != key.x) ++own;
        signed = Signer.sign(MODEL_CHAIN, scope, bytes32(draw(seed, 1)), ring, own, seed);
    }

    function _ring(uint256 seed, uint256 size) private returns (ShareKey[] memory ring) {
        ring = new ShareKey[](size);
        for (uint256 i = 0; i < size; ++i) {
            ring[i] = Signer.shareKey(draw(seed, 1000 + i));
        }
        return ring.sorted();
    }
}
