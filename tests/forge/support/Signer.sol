// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {Cheats, draw} from "./Test.sol";

/// @notice A share key: the secret whose public point has even y, and that point's x.
struct ShareKey {
    uint256 secret;
    uint256 x;
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

    /// @notice Proof of possession of a key for an account.
    function possession(ShareKey memory key, bytes32 possessionHash)
        internal
        pure
        returns (IKeyRegistry.Possession memory)
    {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key.secret, possessionHash);
        return IKeyRegistry.Possession(r, s, v);
    }

    /// @notice Signs an item for the registry at `registry`; fills in its nullifier.
    /// @param ring ascending by x
    /// @param place the signer's
    function sign(
        address registry,
        IDataRegistry.Item memory item,
        ShareKey[] memory ring,
        uint256 place,
        uint256 randomness
    ) internal returns (bytes32 challenge, uint256[] memory responses) {
        uint256 tag = uint256(_hash("nullifier", registry, abi.encode(item.scope))) % ORDER;
        uint256 nullifier = inverse(addmod(ring[place].secret, tag, ORDER));
        Cheats.Wallet memory point = vm.createWallet(nullifier);
        item.nullifierX = point.publicKeyX;
        item.nullifierV = point.publicKeyY % 2 == 0 ? 27 : 28;
        bytes32 start = _prefix(registry, item, ring);

        uint256 size = ring.length;
        responses = new uint256[](size);
        uint256 nonce = 1 + draw(randomness, size) % (ORDER - 1);
        uint256 running = _next(start, place, nonce, mulmod(nonce, nullifier, ORDER));
        for (uint256 step = 1; step < size; ++step) {
            uint256 i = (place + step) % size;
            if (i == 0) challenge = bytes32(running);
            uint256 response = draw(randomness, i) % ORDER;
            responses[i] = response;
            uint256 left = addmod(response, mulmod(running, ring[i].secret, ORDER), ORDER);
            uint256 untagged = addmod(response, ORDER - mulmod(running, tag, ORDER), ORDER);
            uint256 right = addmod(running, mulmod(untagged, nullifier, ORDER), ORDER);
            running = _next(start, i, left, right);
        }
        if (place == 0) challenge = bytes32(running);
        responses[place] = addmod(nonce, ORDER - mulmod(running, ring[place].secret, ORDER), ORDER);
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

    /// @dev H(tag, ...) of static values, which are given encoded.
    function _hash(string memory tag, address registry, bytes memory values) private view returns (bytes32) {
        bytes32 domain = keccak256(abi.encodePacked("modelchain/", tag, "/1"));
        return keccak256(abi.encodePacked(abi.encode(domain, block.chainid, registry), values));
    }

    function _prefix(address registry, IDataRegistry.Item memory item, ShareKey[] memory ring)
        private
        view
        returns (bytes32)
    {
        bytes memory signed = abi.encode(
            item.scope, item.timestamp, item.payloadHash, item.keyCommitment, item.rewardAddress, item.nullifierX
        );
        bytes32 ringHash = keccak256(abi.encodePacked(coordinates(ring)));
        bytes memory rest = abi.encode(item.nullifierV, ring.length, ringHash);
        return _hash("ring", registry, abi.encodePacked(signed, rest));
    }

    /// @dev The challenge after member `index`, whose points L and R are these multiples of G.
    function _next(bytes32 start, uint256 index, uint256 left, uint256 right) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(start, index, vm.addr(left), vm.addr(right))));
    }
}
