// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IMembership} from "../../../contracts/interfaces/IMembership.sol";
import {DataTransactions} from "../../../contracts/libraries/DataTransactions.sol";
import {Deployment} from "./Deployment.sol";
import {ShareKey, Signed, Signer} from "./Signer.sol";
import {draw} from "./Test.sol";

/// @notice Accounts that apply for epochs, are drawn, and share as members.
abstract contract Sharing is Deployment {
    using Signer for ShareKey[];

    /// @dev A data transaction with its parts' keys.
    struct Shared {
        IDataRegistry.DataTransaction transaction;
        bytes32[] keys;
    }

    mapping(uint32 round => Shared[]) internal shared;
    mapping(uint32 epoch => mapping(address account => ShareKey)) private _keys;
    mapping(uint32 round => mapping(address account => bool)) private _hasShared;
    uint256 private _applications; // no two with one key

    /// @notice Wei sent to Membership, less what it paid back.
    uint256 public staked;

    /// @dev Applies for the epoch that is open; a second time is refused.
    function applyOnce(uint256 seed, address by) internal {
        IMembership membership = contracts.membership;
        uint32 epoch = membership.openEpoch();
        ShareKey memory key = Signer.shareKey(draw(seed, ++_applications));
        IMembership.Possession memory proof;
        (proof.challenge, proof.response) =
            Signer.possession(address(contracts.modelChain), by, epoch, key, draw(seed, 1));
        uint256 missing = p.stake - membership.stakeOf(by).amount;
        if (membership.applicationOf(epoch, by).number != 0) {
            vm.expectRevert(abi.encodeWithSelector(IMembership.AlreadyApplied.selector, epoch, by));
        } else {
            staked += missing;
            _keys[epoch][by] = key;
        }
        vm.prank(by);
        membership.applyFor{value: missing}(epoch, key.x, proof);
    }

    /// @dev Seeds the next epoch's draw and writes its list, where that is possible now.
    function writeMembers(uint256 seed) internal {
        IMembership membership = contracts.membership;
        uint32 epoch = membership.currentEpoch() + 1;
        IMembership.Epoch memory next = membership.epochAt(epoch);
        if (next.frozenAt == 0 || next.code != address(0)) return;
        if (next.seed == 0) {
            uint32 height = contracts.relay.tip();
            if (contracts.relay.decisionTime(height) <= next.frozenAt) return;
            while (contracts.relay.decisionTime(height - 1) > next.frozenAt) --height;
            reach(contracts.relay.decisionTime(height));
            vm.prank(account(seed % ACCOUNTS));
            membership.seedDraw(height);
        }
        address[] memory drawn = new address[](uint256(next.warmPlaces) + next.coldPlaces);
        uint256 count;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (membership.isDrawn(epoch, account(i))) drawn[count++] = account(i);
        }
        vm.assertEq(count, drawn.length, "as many are drawn as there are places");
        membership.writeMembers(_byKey(epoch, drawn));
    }

    /// @dev The genesis accounts in the order of their keys for epoch 1.
    function genesisByKey() internal view returns (address[] memory accounts) {
        accounts = new address[](GENESIS_ACCOUNTS);
        for (uint256 i = 0; i < GENESIS_ACCOUNTS; ++i) {
            accounts[i] = account(i);
        }
        return _byKey(1, accounts);
    }

    /// @dev A data transaction by a member that has not shared in the round yet; a second one is refused.
    function shareOnce(uint256 seed, address by) internal {
        uint32 round = contracts.modelChain.collectingRound();
        uint32 epoch = contracts.modelChain.collection().epoch;
        if (!contracts.membership.isMember(epoch, by)) return;
        (Shared memory entry, Signed memory signed) = _signed(seed, round, epoch, by);
        if (_hasShared[round][by]) vm.expectPartialRevert(IDataRegistry.NullifierUsed.selector);
        else shared[round].push(entry);
        contracts.dataRegistry.share(entry.transaction, signed.challenge, signed.responses);
        _hasShared[round][by] = true;
    }

    /// @dev Every partition that is possible now.
    function partitionAll() internal {
        (uint32 height, uint32 end) = contracts.dataRegistry.nextPartition();
        while (height != 0) {
            contracts.dataRegistry.partition(height, end);
            (height, end) = contracts.dataRegistry.nextPartition();
        }
    }

    /// @dev Publishes a data transaction's training or test keys, if that may be done.
    function publish(uint32 round, uint32 index, bool isTest) internal {
        Shared storage entry = shared[round][index];
        uint256 test = contracts.dataRegistry.testParts(round, index);
        if (isTest) {
            bytes32[] memory keys = new bytes32[](1);
            keys[0] = entry.keys[test == 1 ? 0 : 1];
            try contracts.dataRegistry.publishTestKeys(round, index, keys) {} catch {}
            return;
        }
        bytes32[] memory words = new bytes32[](p.parts);
        for (uint256 part = 0; part < p.parts; ++part) {
            words[part] = test >> part & 1 == 1 ? entry.transaction.keyCommitments[part] : entry.keys[part];
        }
        uint32 number;
        while (contracts.dataRegistry.partitionAt(round, number).end <= index) ++number;
        try contracts.dataRegistry.publishTrainingKeys(recordOf(entry), index, number, words) {} catch {}
    }

    function recordOf(Shared storage entry) internal view returns (IDataRegistry.DataRecord memory) {
        return _record(entry.transaction);
    }

    function _record(IDataRegistry.DataTransaction memory transaction)
        private
        pure
        returns (IDataRegistry.DataRecord memory)
    {
        return IDataRegistry.DataRecord({
            round: transaction.round,
            payloadsHash: keccak256(abi.encodePacked(transaction.payloadHashes)),
            keysHash: keccak256(abi.encodePacked(transaction.keyCommitments)),
            samplesRoot: transaction.samplesRoot,
            timestamp: transaction.timestamp,
            rewardAddress: transaction.rewardAddress,
            nullifierX: transaction.nullifierX,
            nullifierV: transaction.nullifierV
        });
    }

    function _signed(uint256 seed, uint32 round, uint32 epoch, address by)
        private
        returns (Shared memory entry, Signed memory signed)
    {
        address chain = address(contracts.modelChain);
        (ShareKey[] memory ring, uint256 place) = _ring(epoch, by);
        IDataRegistry.DataTransaction memory transaction = entry.transaction;
        transaction.round = round;
        transaction.payloadHashes = new bytes32[](p.parts);
        transaction.keyCommitments = new bytes32[](p.parts);
        entry.keys = new bytes32[](p.parts);
        for (uint256 part = 0; part < p.parts; ++part) {
            entry.keys[part] = bytes32(draw(seed, part));
            transaction.keyCommitments[part] = DataTransactions.keyCommitment(chain, entry.keys[part]);
        }
        transaction.samplesRoot = bytes32(seed);
        transaction.timestamp = uint40((clock / p.timestampStep + 1) * p.timestampStep);
        transaction.rewardAddress = address(uint160(draw(seed, 10)));
        uint256 v;
        (, transaction.nullifierX, v) = Signer.nullifier(chain, round, ring[place]);
        transaction.nullifierV = uint8(v);
        bytes32 id = DataTransactions.identifier(chain, _record(transaction));
        signed = Signer.sign(chain, round, id, ring, place, seed);
    }

    function _ring(uint32 epoch, address by) private view returns (ShareKey[] memory ring, uint256 place) {
        ring = new ShareKey[](contracts.membership.memberCount(epoch));
        uint256 count;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            if (contracts.membership.isMember(epoch, account(i))) ring[count++] = _keys[epoch][account(i)];
        }
        ring = ring.sorted();
        while (ring[place].x != _keys[epoch][by].x) ++place;
    }

    function _byKey(uint32 epoch, address[] memory accounts) private view returns (address[] memory) {
        for (uint256 i = 1; i < accounts.length; ++i) {
            for (uint256 j = i; j > 0 && _keys[epoch][accounts[j - 1]].x > _keys[epoch][accounts[j]].x; --j) {
                (accounts[j - 1], accounts[j]) = (accounts[j], accounts[j - 1]);
            }
        }
        return accounts;
    }
}
