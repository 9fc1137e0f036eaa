// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../../contracts/interfaces/IDataRegistry.sol";
import {RingSignatures} from "../../contracts/libraries/RingSignatures.sol";
import {RingSignatureHarness} from "../../contracts/test/RingSignatureHarness.sol";
import {ShareKey, Signer} from "./support/Signer.sol";
import {Test, bound, draw} from "./support/Test.sol";

/// @notice Every signer of every ring is accepted; whatever is changed afterwards is not.
contract RingSignatureTest is Test {
    using Signer for ShareKey[];

    struct Signed {
        IDataRegistry.Item item;
        uint256[] ring;
        bytes32 challenge;
        uint256[] responses;
    }

    uint256 private constant MINIMUM_RING = 2;
    uint256 private constant LARGEST_RING = 9;

    RingSignatureHarness private _verifier = new RingSignatureHarness();

    function testFuzz_everyMemberCanSign(uint256 seed, uint256 size, uint256 place) external {
        size = bound(size, MINIMUM_RING, LARGEST_RING);
        _verify(_signed(seed, size, bound(place, 0, size - 1), seed));
    }

    function testFuzz_aFlippedBitOfAnythingIsRefused(uint256 seed, uint256 place, uint256 what, uint256 bit) external {
        Signed memory signed = _signed(seed, 5, place % 5, seed);
        IDataRegistry.Item memory item = signed.item;
        uint256 flip = 1 << (bit % 256);
        what = what % 10;
        if (what == 0) item.scope ^= uint32(1 << (bit % 32));
        if (what == 1) item.payloadHash ^= bytes32(flip);
        if (what == 2) item.keyCommitment ^= bytes32(flip);
        if (what == 3) item.timestamp ^= uint40(1 << (bit % 40));
        if (what == 4) item.rewardAddress = address(uint160(item.rewardAddress) ^ uint160(1 << (bit % 160)));
        if (what == 5) item.nullifierX ^= flip;
        if (what == 6) item.nullifierV ^= uint8(1 << (bit % 8));
        if (what == 7) signed.challenge ^= bytes32(flip);
        if (what == 8) signed.responses[draw(bit, 0) % 5] ^= flip;
        if (what == 9) signed.ring[draw(bit, 0) % 5] ^= flip;
        _requireRefused(signed);
    }

    function testFuzz_aSignatureHoldsForItsContractAndChainAlone(uint256 seed, uint256 place) external {
        Signed memory signed = _signed(seed, 4, place % 4, seed);
        RingSignatureHarness other = new RingSignatureHarness();
        vm.expectPartialRevert(RingSignatures.RingNotClosed.selector);
        other.verify(signed.item, signed.ring, MINIMUM_RING, signed.challenge, signed.responses);
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
        vm.assertEq(one.item.nullifierX, two.item.nullifierX, "nullifier in another ring");
        vm.assertEq(one.item.nullifierV, two.item.nullifierV, "its parity");
        (Signed memory three,) = _signedBy(key, draw(seed, 1), 5, otherPlace % 5, 8);
        vm.assertTrue(three.item.nullifierX != two.item.nullifierX, "nullifier in another scope");
        _verify(one);
        _verify(two);
        _verify(three);
    }

    function testFuzz_theNullifierOfAnotherMemberIsRefused(uint256 seed) external {
        ShareKey memory key = Signer.shareKey(draw(seed, 0));
        (Signed memory signed, ShareKey[] memory ring) = _signedBy(key, seed, 4, 1, 7);
        IDataRegistry.Item memory other = _item(seed, 7);
        Signer.sign(address(_verifier), other, ring, ring[0].x == key.x ? 1 : 0, seed);
        (signed.item.nullifierX, signed.item.nullifierV) = (other.nullifierX, other.nullifierV);
        _requireRefused(signed);
    }

    /// @notice Called from outside, so that arguments become calldata.
    function verify(Signed calldata signed) external view {
        _verifier.verify(signed.item, signed.ring, MINIMUM_RING, signed.challenge, signed.responses);
    }

    function _verify(Signed memory signed) private view {
        this.verify(signed);
    }

    /// @dev Refused for one of the library's reasons, not by a panic or for lack of gas.
    function _requireRefused(Signed memory signed) private view {
        try this.verify(signed) {
            vm.assertTrue(false, "accepted");
        } catch (bytes memory reason) {
            vm.assertTrue(reason.length >= 4 && bytes4(reason) != bytes4(keccak256("Panic(uint256)")), "no reason");
        }
    }

    function _signed(uint256 seed, uint256 size, uint256 place, uint256 scope) private returns (Signed memory signed) {
        ShareKey[] memory ring = _ring(seed, size);
        signed.item = _item(seed, uint32(scope));
        (signed.challenge, signed.responses) = Signer.sign(address(_verifier), signed.item, ring, place, seed);
        signed.ring = ring.coordinates();
    }

    /// @dev Signed by `key` in a ring of others, where it takes the place that its x gives it: `place` is where it is
    /// put before they are sorted.
    function _signedBy(ShareKey memory key, uint256 seed, uint256 size, uint256 place, uint32 scope)
        private
        returns (Signed memory signed, ShareKey[] memory ring)
    {
        ring = _ring(draw(seed, 99), size);
        ring[place] = key;
        ring = ring.sorted();
        uint256 own;
        while (ring[own].x != key.x) ++own;
        signed.item = _item(seed, scope);
        (signed.challenge, signed.responses) = Signer.sign(address(_verifier), signed.item, ring, own, seed);
        signed.ring = ring.coordinates();
    }

    function _ring(uint256 seed, uint256 size) private returns (ShareKey[] memory ring) {
        ring = new ShareKey[](size);
        for (uint256 i = 0; i < size; ++i) {
            ring[i] = Signer.shareKey(draw(seed, 1000 + i));
        }
        return ring.sorted();
    }

    function _item(uint256 seed, uint32 scope) private pure returns (IDataRegistry.Item memory item) {
        item.scope = scope;
        item.payloadHash = bytes32(draw(seed, 1));
        item.keyCommitment = bytes32(draw(seed, 2));
        item.timestamp = uint40(draw(seed, 3));
        item.rewardAddress = address(uint160(draw(seed, 4)));
    }
}
