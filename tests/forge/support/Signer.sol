// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Cheats, draw} from "./Test.sol";

/// @notice A share key: the secret whose public point has even y, and that point's x.
struct ShareKey {
    uint256 secret;
    uint256 x;
}

/// @notice A ring signature with all that it speaks for, as RingSignatures.verify takes it.
struct Signed {
    address modelChain;
    uint256 scope;
    bytes32 message;
    uint256 nullifierX;
    uint256 nullifierV;
    uint256[] ring;
    bytes32 challenge;
    uint256[] responses;
}

/// @notice Ring signatures as docs/RingSignature.md defines them, written anew beside the contract's library.
/// @dev Every secret of a ring is known here, and so is the nullifier's: each point is a known multiple of G, and its
/// address is what the cheat code addr() says of that multiple. No curve arithmetic is needed.
library Signer {
    Cheats private constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function shareKey(uint256 seed) internal returns (ShareKey memory) {
        uint256 secret = 1 + seed % (ORDER - 1);
        Cheats.Wallet memory wallet = vm.createWallet(secret);
        return ShareKey(wallet.publicKeyY % 2 == 0 ? secret : ORDER - secret, wallet.publicKeyX);
    }

    /// @notice Proof that `account` holds the key that it applies with for `epoch`.
    function possession(address modelChain, address account, uint256 epoch, ShareKey memory key, uint256 randomness)
        internal
        view
        returns (bytes32 challenge, uint256 response)
    {
        bytes32 what = _hash("possession", modelChain, abi.encode(account, epoch, key.x));
        uint256 nonce = 1 + draw(randomness, 0) % (ORDER - 1);
        challenge = keccak256(abi.encode(what, vm.addr(nonce)));
        response = addmod(nonce, ORDER - mulmod(uint256(challenge), key.secret, ORDER), ORDER);
    }

    /// @notice A key's nullifier in a scope: its secret discrete logarithm, and the point as it travels.
    function nullifier(address modelChain, uint256 scope, ShareKey memory key)
        internal
        returns (uint256 exponent, uint256 x, uint256 v)
    {
        exponent = inverse(addmod(key.secret, scopeTag(modelChain, scope), ORDER));
        Cheats.Wallet memory point = vm.createWallet(exponent);
        (x, v) = (point.publicKeyX, point.publicKeyY % 2 == 0 ? 27 : 28);
    }

    /// @notice Signs a message for the deployment at `modelChain`.
    /// @param ring ascending by x
    /// @param place the signer's
    function sign(
        address modelChain,
        uint256 scope,
        bytes32 message,
        ShareKey[] memory ring,
        uint256 place,
        uint256 randomness
    ) internal returns (Signed memory signed) {
        (signed.modelChain, signed.scope, signed.message) = (modelChain, scope, message);
        uint256 exponent;
        (exponent, signed.nullifierX, signed.nullifierV) = nullifier(modelChain, scope, ring[place]);
        signed.ring = coordinates(ring);
        (signed.challenge, signed.responses) =
            _close(_prefix(signed), scopeTag(modelChain, scope), exponent, ring, place, randomness);
    }

    /// @notice t, in [0, ORDER).
    function scopeTag(address modelChain, uint256 scope) internal view returns (uint256) {
        return uint256(_hash("nullifier", modelChain, abi.encode(scope))) % ORDER;
    }

    /// @notice The keys in ascending order.
    function sorted(ShareKey[] memory keys) internal pure returns (ShareKey[] memory) {
        for (uint256 i = 1; i < keys.length; ++i) {
            for (uint256 j = i; j > 0 && keys[j - 1].x > keys[j].x; --j) {
                (keys[j - 1], keys[j]) = (keys[j], keys[j - 1]);
            }
        }
        return keys;
    }

    function coordinates(ShareKey[] memory ring) internal pure returns (uint256[] memory xs) {
        xs = new uint256[](ring.length);
        for (uint256 i = 0; i < ring.length; ++i) {
            xs[i] = ring[i].x;
        }
    }

    /// @notice 1 / value modulo the group's order, by Fermat's little theorem.
    function inverse(uint256 value) internal view returns (uint256) {
        (, bytes memory result) = address(5).staticcall(abi.encode(32, 32, 32, value, ORDER - 2, ORDER));
        return abi.decode(result, (uint256));
    }

    /// @dev Goes round the ring from the signer on. `exponent` is the nullifier's discrete logarithm.
    function _close(
        bytes32 start,
        uint256 tag,
        uint256 exponent,
        ShareKey[] memory ring,
        uint256 place,
        uint256 randomness
    ) private pure returns (bytes32 challenge, uint256[] memory responses) {
        uint256 size = ring.length;
        responses = new uint256[](size);
        uint256 nonce = 1 + draw(randomness, size) % (ORDER - 1);
        uint256 running = _next(start, place, nonce, mulmod(nonce, exponent, ORDER));
        for (uint256 step = 1; step < size; ++step) {
            uint256 i = (place + step) % size;
            if (i == 0) challenge = bytes32(running);
            uint256 response = draw(randomness, i) % ORDER;
            responses[i] = response;
            uint256 left = addmod(response, mulmod(running, ring[i].secret, ORDER), ORDER);
            uint256 untagged = addmod(response, ORDER - mulmod(running, tag, ORDER), ORDER);
            uint256 right = addmod(running, mulmod(untagged, exponent, ORDER), ORDER);
            running = _next(start, i, left, right);
        }
        if (place == 0) challenge = bytes32(running);
        responses[place] = addmod(nonce, ORDER - mulmod(running, ring[place].secret, ORDER), ORDER);
    }

    /// @dev H(tag, ...) of static values, which are given encoded.
    function _hash(string memory tag, address modelChain, bytes memory values) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encodePacked("modelchain/", tag, "/2"));
        return keccak256(abi.encodePacked(abi.encode(domain, block.chainid, modelChain), values));
    }

    function _prefix(Signed memory signed) private view returns (bytes32) {
        bytes32 ringHash = keccak256(abi.encodePacked(signed.ring));
        bytes memory values = abi.encode(
            signed.scope, signed.message, signed.nullifierX, signed.nullifierV, signed.ring.length, ringHash
        );
        return _hash("ring", signed.modelChain, values);
    }

    /// @dev The challenge after member `index`, whose points L and R are these multiples of G.
    function _next(bytes32 start, uint256 index, uint256 left, uint256 right) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(start, index, vm.addr(left), vm.addr(right))));
    }
}
