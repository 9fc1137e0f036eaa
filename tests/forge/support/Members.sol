// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IBitcoinRelay} from "../../../contracts/interfaces/IBitcoinRelay.sol";
import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IMembership} from "../../../contracts/interfaces/IMembership.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {DataTransactions} from "../../../contracts/libraries/DataTransactions.sol";
import {Deployment} from "./Deployment.sol";
import {ShareKey, Signed, Signer} from "./Signer.sol";
import {bound, draw} from "./Test.sol";

/// @notice Accounts that by chance apply, stake, share and publish, and try what they may not; the calls that forge
/// makes.
contract Members is Deployment {
    using Signer for ShareKey[];

    struct Item {
        IDataRegistry.DataRecord record;
        bytes32[] keys;
        bytes32[] commitments;
    }

    uint256 public burned;

    mapping(uint32 epoch => mapping(address account => ShareKey)) private _keys;
    mapping(uint32 round => Item[]) private _items;
    mapping(uint32 round => mapping(address account => bool)) private _hasShared;
    uint256 private _draws;

    constructor() {
        mineHeaders(1, 2);
        for (uint256 i; i < GENESIS_ACCOUNTS; ++i) {
            _apply(account(i), 1);
        }
        contracts.modelChain.start(_ascending(1));
    }

    // ---- members -----------------------------------------------------------------------------------------------

    function applyForNext(uint256 by) external onTime {
        address applicant = account(by % ACCOUNTS);
        uint32 epoch = contracts.membership.openEpoch();
        if (contracts.membership.applicationOf(epoch, applicant).number == 0) _apply(applicant, epoch);
        uint256 key = _keys[epoch][applicant].x;
        vm.expectRevert(abi.encodeWithSelector(IMembership.AlreadyApplied.selector, epoch, applicant));
        vm.prank(applicant);
        contracts.membership.applyFor(epoch, key, IMembership.Possession(0, 0));
    }

    function addStake(uint256 by, uint256 value) external onTime {
        address owner = account(by % ACCOUNTS);
        uint256 lacking = p.stake - contracts.membership.stakeOf(owner).amount;
        vm.prank(owner);
        contracts.membership.addStake{value: bound(value, 0, lacking)}();
        uint256 tooMuch = p.stake + 1 - contracts.membership.stakeOf(owner).amount;
        vm.expectRevert(abi.encodeWithSelector(IMembership.StakeExceeded.selector, p.stake + 1, p.stake));
        vm.prank(owner);
        contracts.membership.addStake{value: tooMuch}();
    }

    function withdraw(uint256 by) external onTime {
        address owner = account(by % ACCOUNTS);
        IMembership membership = contracts.membership;
        uint256 amount = membership.stakeOf(owner).amount;
        uint32 freeFrom = membership.stakeFreeFrom(owner);
        uint32 round = contracts.modelChain.collectingRound();
        uint256 before = owner.balance;
        if (amount == 0) {
            vm.expectRevert(abi.encodeWithSelector(IMembership.NothingStaked.selector, owner));
        } else if (round < freeFrom) {
            vm.expectRevert(abi.encodeWithSelector(IMembership.StakeLocked.selector, owner, freeFrom, round));
        }
        vm.prank(owner);
        membership.withdrawStake();
        bool isPaid = amount != 0 && round >= freeFrom;
        vm.assertEq(owner.balance, isPaid ? before + amount : before, "what was paid");
    }

    function act(uint256 by) external onTime {
        address actor = account(by % ACCOUNTS);
        uint32 round = contracts.modelChain.collectingRound();
        if (contracts.membership.stakeOf(actor).amount != p.stake) return;
        vm.prank(address(contracts.attestations));
        contracts.membership.act(actor, round);
        vm.assertLe(round + p.standingRounds + 1, contracts.membership.stakeFreeFrom(actor), "free too early");
    }

    function burn(uint256 by) external onTime {
        address owner = account(by % ACCOUNTS);
        uint256 before = contracts.membership.stakeOf(owner).amount;
        vm.prank(address(contracts.modelTransactions));
        contracts.membership.burn(owner);
        uint256 taken = before < p.modelBurn ? before : p.modelBurn;
        vm.assertEq(contracts.membership.stakeOf(owner).amount, before - taken, "what is left");
        burned += taken;
    }

    function gainHeat(uint256 by, uint256 amount) external onTime {
        uint32 round = contracts.modelChain.collectingRound();
        vm.prank(address(contracts.rewards));
        contracts.heat.gain(account(by % ACCOUNTS), bound(amount, 0, 2 * p.warmHeat), round);
    }

    // ---- data --------------------------------------------------------------------------------------------------

    function share(uint256 seed) external onTime {
        for (uint256 i; i < ACCOUNTS; ++i) {
            if (draw(seed, i) % 2 == 0) _share(draw(seed, 100 + i), account(i));
        }
    }

    function mineAndPartition(uint256 seed, uint256 count) external onTime {
        mineHeaders(seed, bound(count, 1, 9));
        _partitionAll();
    }

    // ---- time --------------------------------------------------------------------------------------------------

    /// @dev Several times, since a round has many phases.
    function advance(uint256 seed) external onTime {
        for (uint256 i; i < 1 + seed % 4; ++i) {
            _advanceOnce(draw(seed, i));
        }
    }

    function itemCount(uint32 round) external view returns (uint256) {
        return _items[round].length;
    }

    /// @notice The share keys of an epoch's members, ascending.
    function ringOf(uint32 epoch) public view returns (ShareKey[] memory ring) {
        uint32 count = contracts.membership.memberCount(epoch);
        ring = new ShareKey[](count);
        uint256 found;
        for (uint256 i; i < ACCOUNTS; ++i) {
            if (contracts.membership.isMember(epoch, account(i))) ring[found++] = _keys[epoch][account(i)];
        }
        vm.assertEq(found, count, "members");
        return ring.sorted();
    }

    // ---- how it is done ----------------------------------------------------------------------------------------

    function _advanceOnce(uint256 seed) private {
        mineHeaders(seed, 3 + seed % 5);
        reach(clock + p.minimumPhaseSeconds);
        _partitionAll();
        _publishSome(seed);
        _drawAndWrite();
        try contracts.modelChain.advance() {}
        catch (bytes memory reason) {
            // Only what the chain has to wait for.
            bytes4 selector = bytes4(reason);
            bool isWaiting = selector == IModelChain.NothingToAdvance.selector
                || selector == IMembership.MembersNotWritten.selector;
            vm.assertTrue(isWaiting, "the chain cannot go on");
        }
    }

    function _apply(address applicant, uint32 epoch) private {
        ShareKey memory key = Signer.shareKey(draw(uint256(keccak256("share key")), ++_draws));
        (bytes32 challenge, uint256 response) =
            Signer.possession(address(contracts.modelChain), applicant, epoch, key, _draws);
        _keys[epoch][applicant] = key;
        uint256 lacking = p.stake - contracts.membership.stakeOf(applicant).amount;
        vm.prank(applicant);
        contracts.membership.applyFor{value: lacking}(epoch, key.x, IMembership.Possession(challenge, response));
    }

    /// @dev A member's data transaction of the round that collects; a second one is refused.
    function _share(uint256 seed, address sharer) private {
        IModelChain.Collection memory collection = contracts.modelChain.collection();
        if (!contracts.membership.isMember(collection.epoch, sharer)) return;
        ShareKey[] memory ring = ringOf(collection.epoch);
        uint256 place;
        while (ring[place].x != _keys[collection.epoch][sharer].x) ++place;
        (IDataRegistry.DataTransaction memory transaction, Signed memory signed) =
            _transaction(seed, collection.round, ring, place);
        if (_hasShared[collection.round][sharer]) {
            _items[collection.round].pop();
            uint32 use = contracts.dataRegistry.nullifierUse(collection.round, signed.nullifierX);
            vm.expectRevert(abi.encodeWithSelector(IDataRegistry.NullifierUsed.selector, signed.nullifierX, use - 1));
        }
        contracts.dataRegistry.share(transaction, signed.challenge, signed.responses);
        _hasShared[collection.round][sharer] = true;
        reach(clock + seed % 60);
    }

    /// @dev Seeds the draw of the next epoch and writes its list, if it is time.
    function _drawAndWrite() private {
        IMembership membership = contracts.membership;
        uint32 epoch = membership.currentEpoch() + 1;
        IMembership.Epoch memory next = membership.epochAt(epoch);
        if (next.frozenAt == 0 || next.code != address(0)) return;
        if (next.seed == 0) {
            IBitcoinRelay relay = contracts.relay;
            uint32 height = relay.tip();
            if (relay.decisionTime(height) <= next.frozenAt) return;
            while (relay.decisionTime(height - 1) > next.frozenAt) --height;
            if (relay.decisionTime(height) > clock) return;
            membership.seedDraw(height);
        }
        membership.writeMembers(_ascending(epoch));
    }

    /// @dev Those that are drawn, or before the start all that applied, ascending by key.
    function _ascending(uint32 epoch) private view returns (address[] memory accounts) {
        address[] memory found = new address[](ACCOUNTS);
        uint256 count;
        for (uint256 i; i < ACCOUNTS; ++i) {
            address candidate = account(i);
            bool isIn = epoch == 1 ? i < GENESIS_ACCOUNTS : contracts.membership.isDrawn(epoch, candidate);
            if (!isIn) continue;
            uint256 at = count++;
            for (; at != 0 && _keys[epoch][found[at - 1]].x > _keys[epoch][candidate].x; --at) {
                found[at] = found[at - 1];
            }
            found[at] = candidate;
        }
        accounts = new address[](count);
        for (uint256 i; i < count; ++i) {
            accounts[i] = found[i];
        }
    }

    function _transaction(uint256 seed, uint32 round, ShareKey[] memory ring, uint256 place)
        private
        returns (IDataRegistry.DataTransaction memory transaction, Signed memory signed)
    {
        address modelChain = address(contracts.modelChain);
        Item storage item = _items[round].push();
        transaction.round = round;
        transaction.payloadHashes = new bytes32[](p.parts);
        transaction.keyCommitments = new bytes32[](p.parts);
        for (uint256 part; part < p.parts; ++part) {
            bytes32 key = bytes32(draw(seed, part));
            transaction.payloadHashes[part] = bytes32(draw(seed, 100 + part));
            transaction.keyCommitments[part] = DataTransactions.keyCommitment(modelChain, key);
            item.keys.push(key);
            item.commitments.push(transaction.keyCommitments[part]);
        }
        transaction.samplesRoot = bytes32(draw(seed, 200));
        transaction.timestamp = uint40((clock + p.timestampStep - 1) / p.timestampStep * p.timestampStep);
        transaction.rewardAddress = address(uint160(draw(seed, 201)));
        (, uint256 x, uint256 v) = Signer.nullifier(modelChain, round, ring[place]);
        (transaction.nullifierX, transaction.nullifierV) = (x, uint8(v));
        item.record = IDataRegistry.DataRecord({
            round: round,
            payloadsHash: DataTransactions.wordsHash(transaction.payloadHashes),
            keysHash: DataTransactions.wordsHash(transaction.keyCommitments),
            samplesRoot: transaction.samplesRoot,
            timestamp: transaction.timestamp,
            rewardAddress: transaction.rewardAddress,
            nullifierX: x,
            nullifierV: uint8(v)
        });
        bytes32 id = contracts.dataRegistry.identify(item.record);
        signed = Signer.sign(modelChain, round, id, ring, place, seed);
    }

    /// @dev Every partition that is possible now. Decision times never fall from one to the next.
    function _partitionAll() private {
        if (contracts.modelChain.collectingRound() == 0) return;
        (uint32 height, uint32 end) = contracts.dataRegistry.nextPartition();
        while (height != 0) {
            (, uint40 before) = contracts.dataRegistry.lastPartition();
            contracts.dataRegistry.partition(height, end);
            (uint32 last, uint40 decision) = contracts.dataRegistry.lastPartition();
            vm.assertEq(last, height, "the last partition's height");
            vm.assertLe(uint256(before) + 1, decision, "a decision time fell");
            (height, end) = contracts.dataRegistry.nextPartition();
        }
    }

    /// @dev Keys of some data transactions, if the phase is for them.
    function _publishSome(uint256 seed) private {
        (uint32 round, IModelChain.Phase phase) = contracts.modelChain.currentPhase();
        uint32 count = contracts.dataRegistry.collected(round).partitioned;
        for (uint32 index; index < count; ++index) {
            if (draw(seed, index) % 4 == 0) continue;
            if (phase == IModelChain.Phase.Open) _publishTraining(round, index);
            if (phase == IModelChain.Phase.Unseal) _publishTest(round, index);
        }
    }

    function _publishTraining(uint32 round, uint32 index) private {
        Item memory item = _items[round][index];
        uint256 test = contracts.dataRegistry.testParts(round, index);
        uint32 number;
        while (contracts.dataRegistry.partitionAt(round, number).end <= index) ++number;
        bytes32[] memory words = new bytes32[](p.parts);
        for (uint256 part; part < p.parts; ++part) {
            words[part] = item.keys[part];
        }
        // A test part's key instead of its commitment: nothing is published for test parts in Open.
        vm.expectPartialRevert(IDataRegistry.WrongKeys.selector);
        contracts.dataRegistry.publishTrainingKeys(item.record, index, number, words);
        for (uint256 part; part < p.parts; ++part) {
            if (test >> part & 1 == 1) words[part] = item.commitments[part];
        }
        try contracts.dataRegistry.publishTrainingKeys(item.record, index, number, words) {}
        catch (bytes memory reason) {
            vm.assertTrue(bytes4(reason) == IDataRegistry.AlreadyPublished.selector, "why it was refused");
        }
    }

    function _publishTest(uint32 round, uint32 index) private {
        Item memory item = _items[round][index];
        uint256 test = contracts.dataRegistry.testParts(round, index);
        bytes32[] memory keys = new bytes32[](p.testParts);
        uint256 count;
        for (uint256 part; part < p.parts; ++part) {
            if (test >> part & 1 == 1) keys[count++] = item.keys[part];
        }
        uint256 before = contracts.dataRegistry.published(round);
        try contracts.dataRegistry.publishTestKeys(round, index, keys) {
            vm.assertEq(contracts.dataRegistry.published(round), before | 1 << index, "what is published");
        } catch (bytes memory reason) {
            // Published before, or its training keys were not.
            bytes4 expected =
                before >> index & 1 == 1 ? IDataRegistry.AlreadyPublished.selector : IDataRegistry.WrongKeys.selector;
            vm.assertTrue(bytes4(reason) == expected, "why it was refused");
        }
    }
}
