// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Tags} from "./Tags.sol";

/// @title Who of an epoch's applicants becomes a member.
/// @notice Applicants are numbered from 0 in order of application, warm and cold ones apart. Drawn are the numbers
/// that a permutation of [0, applicants), keyed with the seed, puts below the number of places: exactly as many as
/// there are places, each found by itself, without a loop over the others.
library Draw {
    /// @notice Rounds of the Feistel network.
    uint256 internal constant ROUNDS = 8;

    /// @notice Binary digits that the network has at least: with fewer, some sets of applicants would be drawn more
    /// often than others.
    uint256 internal constant LEAST_DIGITS = 6;

    /// @notice Places for warm and for cold applicants.
    ///
    ///     warm places = min(W, M - min(C, floor(M / 5)))
    ///     cold places = min(C, M - warm places, max(1, floor(warm places / 4), minimumRing + 4 - warm places))
    ///
    /// @param warm W, warm applicants
    /// @param cold C, cold applicants
    /// @param maximumMembers M
    /// @param minimumRing keys that a ring needs
    /// @return warmPlaces at most `warm`
    /// @return coldPlaces at most `cold`; both together at most `maximumMembers`
    function places(uint256 warm, uint256 cold, uint256 maximumMembers, uint256 minimumRing)
        internal
        pure
        returns (uint256 warmPlaces, uint256 coldPlaces)
    {
        warmPlaces = Math.min(warm, maximumMembers - Math.min(cold, maximumMembers / 5));
        uint256 wanted = Math.max(1, warmPlaces / 4);
        if (minimumRing + 4 > warmPlaces) wanted = Math.max(wanted, minimumRing + 4 - warmPlaces);
        coldPlaces = Math.min(Math.min(cold, maximumMembers - warmPlaces), wanted);
    }

    /// @notice H("draw", epoch, Bitcoin hash).
    /// @param modelChain address of the model chain
    /// @param epoch whose members are drawn
    /// @param bitcoinHash the first 24 bytes of a Bitcoin block hash, in the order of header fields
    /// @return the draw's seed
    function seed(address modelChain, uint256 epoch, bytes24 bitcoinHash) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.DRAW, block.chainid, modelChain, epoch, bitcoinHash));
    }

    /// @notice H("place", seed, is warm): the key of a permutation.
    /// @param modelChain address of the model chain
    /// @param seed_ the draw's seed
    /// @param isWarm whether it permutes the warm applicants or the cold ones
    /// @return the key
    function key(address modelChain, bytes32 seed_, bool isWarm) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.PLACE, block.chainid, modelChain, seed_, isWarm));
    }

    /// @notice Whether an applicant has a place.
    /// @param key_ the permutation's key
    /// @param number the applicant's
    /// @param applicants how many there are
    /// @param places_ how many places there are for them
    /// @return true if it has; never for a number that no applicant has
    function isDrawn(bytes32 key_, uint256 number, uint256 applicants, uint256 places_) internal pure returns (bool) {
        return number < applicants && position(key_, number, applicants) < places_;
    }

    /// @notice Where the permutation puts a number: a Feistel network over the numbers with as many binary digits as
    /// the largest one has, gone through again until what comes out is a number of the range (cycle walking).
    ///
    ///     number = left * 2^r + right; in even rounds left ^= F(round, right), in odd ones right ^= F(round, left)
    ///     F(round, x) = keccak256(key || uint256(round * 2^128 + x)), as many low digits as the changed half has
    ///
    /// With an odd number of digits the right half has one more than the left.
    /// @param key_ the permutation's key
    /// @param number below `count`
    /// @param count numbers that are permuted, from 1 to 2^128
    /// @return place where it goes, below `count`
    function position(bytes32 key_, uint256 number, uint256 count) internal pure returns (uint256 place) {
        uint256 digits = Math.max(LEAST_DIGITS, Math.log2(count - 1) + 1);
        uint256 rightDigits = digits - digits / 2;
        uint256 leftMask = (1 << digits / 2) - 1;
        uint256 rightMask = (1 << rightDigits) - 1;
        place = number;
        // Assembly: encoding in Solidity takes some three times the gas for each of the hashes, of which a place takes
        // about a dozen. Safe: it writes the scratch space alone, 0x00 to 0x3f, which Solidity leaves free
        // between statements; `count` is not above the network's numbers, so that the walk comes back into the range.
        assembly ("memory-safe") {
            mstore(0x00, key_)
            for {} 1 {} {
                let right := and(place, rightMask)
                let left := shr(rightDigits, place)
                for { let round := 0 } lt(round, ROUNDS) { round := add(round, 2) } {
                    mstore(0x20, or(shl(128, round), right))
                    left := xor(left, and(keccak256(0x00, 0x40), leftMask))
                    mstore(0x20, or(shl(128, add(round, 1)), left))
                    right := xor(right, and(keccak256(0x00, 0x40), rightMask))
                }
                place := or(shl(rightDigits, left), right)
                if lt(place, count) { break }
            }
        }
    }
}
