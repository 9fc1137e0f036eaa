// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {Tags} from "../../../contracts/libraries/Tags.sol";
import {Deployment} from "./Deployment.sol";
import {ShareKey, Signer} from "./Signer.sol";
import {bound, draw} from "./Test.sol";

/// @notice Nodes that lease share keys and share items with them, and what the registries must then hold.
abstract contract Sharing is Deployment {
    using Signer for ShareKey;

    struct Leased {
        ShareKey key;
        uint32 round; // in which it was registered
    }

    uint256 private constant LARGEST_RING = 4;

    Leased[] internal log; // all keys in order of registration
    IDataRegistry.Item[] internal items; // all items by number
    bytes32[] internal payloadKeys; // of the items
    uint40 internal lastDecision;
    mapping(uint32 scope => mapping(uint256 key => bool)) private _hasShared;
    uint256 private _draws;

    /// @notice The keys that are active in a scope, by the rule, in the order of the log.
    function activeKeys(uint32 scope) public view returns (ShareKey[] memory active) {
        active = new ShareKey[](log.length);
        uint256 count;
        for (uint256 i = 0; i < log.length; ++i) {
            if (log[i].round < scope && scope <= log[i].round + p.leaseRounds) active[count++] = log[i].key;
        }
        // Cuts the array to what was filled.
        assembly ("memory-safe") {
            mstore(active, count)
        }
    }

    function itemCount() external view returns (uint256) {
        return items.length;
    }

    function item(uint256 number) external view returns (IDataRegistry.Item memory) {
        return items[number];
    }

    /// @dev As many fresh keys as asked for and as the quota has room for.
    function registerKeys(address by, uint256 count) internal {
        uint256 held = keys.heldKeys(by);
        uint256 quota = heat.keyQuota(by);
        if (held >= quota) return;
        count = bound(count, 1, quota - held);
        uint256[] memory xs = new uint256[](count);
        IKeyRegistry.Possession[] memory proofs = new IKeyRegistry.Possession[](count);
        uint32 round = chain.collectingRound();
        for (uint256 i = 0; i < count; ++i) {
            ShareKey memory key = Signer.shareKey(draw(uint256(keccak256("share key")), ++_draws));
            xs[i] = key.x;
            proofs[i] = key.possession(keys.possessionHash(by, key.x));
            log.push(Leased(key, round));
        }
        bool isExempt = chain.isGenesisAccount(by) || chain.hadValidModel(by);
        vm.prank(by);
        keys.register{value: isExempt ? 0 : p.keyBond * count}(xs, proofs);
    }

    function writePages() internal {
        uint32 round = chain.collectingRound();
        while (keys.writtenKeys(round) < keys.activeKeys(round)) {
            keys.writePage(round);
        }
    }

    /// @dev One item by a key that has not signed in the scope yet, if there is one.
    function shareItem(uint256 seed, uint32 scope) internal {
        ShareKey[] memory active = activeKeys(scope);
        if (active.length < p.minimumRing) return;
        uint256 signer = draw(seed, 0) % active.length;
        uint256 tried;
        while (_hasShared[scope][active[signer].x]) {
            if (++tried == active.length) return;
            signer = (signer + 1) % active.length;
        }
        _hasShared[scope][active[signer].x] = true;
        IDataRegistry.DataTransaction memory transaction = _signed(seed, scope, active, signer);
        data.share(transaction);
        items.push(transaction.item);
        payloadKeys.push(bytes32(draw(seed, 1)));

        // The same key again, with anything else that is right: its nullifier is used.
        IDataRegistry.DataTransaction memory again = _signed(seed + 1, scope, active, signer);
        vm.expectRevert(
            abi.encodeWithSelector(IDataRegistry.NullifierUsed.selector, again.item.nullifierX, items.length - 1)
        );
        data.share(again);
    }

    /// @dev Publishes the payload key of an item; another key is refused.
    function publishKey(uint256 number) internal {
        IDataRegistry.KeyReveal[] memory reveals = new IDataRegistry.KeyReveal[](1);
        reveals[0] = IDataRegistry.KeyReveal(items[number], payloadKeys[number]);
        data.publishKeys(reveals);
        reveals[0].key = ~reveals[0].key;
        vm.expectPartialRevert(IDataRegistry.WrongKey.selector);
        data.publishKeys(reveals);
    }

    /// @dev Every partition that is possible now. Decision times never fall from one to the next.
    function partitionAll() internal {
        (uint32 height, uint64 end) = data.nextPartition();
        while (height != 0) {
            uint32 round = chain.collectingRound();
            chain.partition(height, end);
            uint40 decision = relay.decisionTime(height);
            vm.assertLe(lastDecision, decision, "a decision time falls");
            lastDecision = decision;
            if (chain.collectingRound() != round) return;
            (height, end) = data.nextPartition();
        }
    }

    function _signed(uint256 seed, uint32 scope, ShareKey[] memory active, uint256 signer)
        private
        returns (IDataRegistry.DataTransaction memory transaction)
    {
        uint256 size = bound(draw(seed, 2), p.minimumRing, active.length < LARGEST_RING ? active.length : LARGEST_RING);
        // Neighbours in the log, ascending by key.
        uint256 first = (signer + active.length - draw(seed, 3) % size) % active.length;
        uint256[] memory positions = new uint256[](size);
        ShareKey[] memory ring = new ShareKey[](size);
        for (uint256 i = 0; i < size; ++i) {
            uint256 position = (first + i) % active.length;
            uint256 place = i;
            for (; place > 0 && ring[place - 1].x > active[position].x; --place) {
                (ring[place], positions[place]) = (ring[place - 1], positions[place - 1]);
            }
            (ring[place], positions[place]) = (active[position], position);
        }
        uint256 own;
        bytes memory encoded;
        for (uint256 i = 0; i < size; ++i) {
            encoded = bytes.concat(encoded, bytes2(uint16(positions[i])));
            if (positions[i] == signer) own = i;
        }
        transaction.item.scope = scope;
        transaction.item.payloadHash = bytes32(draw(seed, 4));
        transaction.item.keyCommitment =
            keccak256(abi.encode(Tags.KEY, block.chainid, address(data), bytes32(draw(seed, 1))));
        transaction.item.timestamp = uint40(clock);
        transaction.item.rewardAddress = address(uint160(draw(seed, 5)));
        (transaction.signature.challenge, transaction.signature.responses) =
            Signer.sign(address(data), transaction.item, ring, own, seed);
        transaction.signature.ring = encoded;
    }
}
