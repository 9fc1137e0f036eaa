// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "../../contracts/interfaces/Contracts.sol";
import {IDataRegistry} from "../../contracts/interfaces/IDataRegistry.sol";
import {IDisputeLedger} from "../../contracts/interfaces/IDisputeLedger.sol";
import {IMembership} from "../../contracts/interfaces/IMembership.sol";
import {IModelChain} from "../../contracts/interfaces/IModelChain.sol";
import {Parameters} from "../../contracts/interfaces/IProtocolParameters.sol";
import {Bits} from "../../contracts/libraries/Bits.sol";
import {Network} from "./support/Network.sol";
import {Test} from "./support/Test.sol";

/// @notice What always holds, whatever accounts do.
contract ModelChainTest is Test {
    Network private _network;
    Contracts private _contracts;
    Parameters private _p;

    function setUp() external {
        _network = new Network();
        _contracts = _network.deployed();
        _p = _network.parameters();
        target(address(_network));
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_stakesAndTokensAreAccountedFor() public view {
        _stakesAreThereAndNotAboveTheFullOne();
        _tokensAreAtMostWhatTheBlocksPay();
        _onlyWhatIsDueIsPaid();
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_attestersAndMembersAreThoseOfTheRules() public view {
        _attestersAreThoseOfTheElectorate();
        _membersAreCountedAndAscend();
        _modelsAreCounted();
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_roundsKeepTheirData() public view {
        IModelChain chain = _contracts.modelChain;
        uint40 decision;
        for (uint32 round = 1; round < chain.collectingRound(); ++round) {
            IModelChain.ClosedRound memory closed = chain.closedRound(round);
            IDataRegistry.Collected memory collected = _contracts.dataRegistry.collected(round);
            vm.assertEq(closed.data, collected.partitioned, "data");
            vm.assertLe(collected.partitioned, collected.shared, "partitioned");
            vm.assertLe(collected.shared, _contracts.membership.memberCount(closed.epoch), "shared");
            vm.assertLe(decision, closed.decisionTime, "a decision time falls");
            vm.assertLe(closed.published, closed.data, "published");
            vm.assertEq(closed.trim, closed.published / 3, "k");
            vm.assertTrue(closed.dataSet >> closed.data == 0, "data that are not there");
            uint256 data = Bits.count(closed.dataSet);
            vm.assertLe(data, closed.published, "D");
            if (data != 0) vm.assertLe(2 * uint256(closed.trim) + 1, data, "too few data were judged");
            vm.assertTrue(closed.blockNumber == 0 || closed.voidReason == IModelChain.VoidReason.None, "both");
            decision = closed.decisionTime;
        }
        vm.assertEq(chain.competition().round + 1, chain.collectingRound(), "rounds");
    }

    /// forge-config: default.invariant.runs = 6
    function invariant_everyBlockFollowsTheOneBefore() public view {
        IModelChain chain = _contracts.modelChain;
        (uint32 height, bytes32 headHash, bytes32 headModel) = chain.head();
        IModelChain.Block memory before;
        for (uint32 number = 1; number <= height; ++number) {
            IModelChain.Block memory data = chain.blockAt(number);
            vm.assertEq(data.number, number, "number");
            vm.assertEq(data.previousHash, chain.blockHashAt(number - 1), "previous hash");
            vm.assertEq(chain.closedRound(data.round).blockNumber, number, "the round's block");
            vm.assertTrue(data.round > before.round && data.timestamp >= before.timestamp, "an earlier round or time");
            vm.assertTrue(data.attestations != 0, "nobody's block");
            _blockIsQuietOrHasABest(data, before.modelHash);
            before = data;
        }
        vm.assertEq(chain.blockHashAt(height), headHash, "head");
        vm.assertEq(before.modelHash, headModel, "head's model");
    }

    /// @notice Chance reaches blocks, quiet ones too, void rounds, drawn epochs and claims: the invariants are checked
    /// where it matters.
    function test_someRunsMakeBlocksAndSomeRoundsAreVoid() external {
        for (uint256 step = 0; step < 500; ++step) {
            uint256 seed = uint256(keccak256(abi.encode("run", step)));
            _network.applyFor(seed, seed >> 8);
            _network.share(seed, seed >> 16);
            _network.mineAndPartition(seed, seed >> 24);
            for (uint256 i = 0; i < 4; ++i) {
                _network.compete(uint256(keccak256(abi.encode(seed, i))));
            }
            _network.claim(seed);
            _network.withdraw(seed >> 32);
            _network.misbehave(seed, seed >> 40);
            if (step % 25 != 0) continue;
            invariant_stakesAndTokensAreAccountedFor();
            invariant_attestersAndMembersAreThoseOfTheRules();
            invariant_roundsKeepTheirData();
            invariant_everyBlockFollowsTheOneBefore();
        }
        IModelChain chain = _contracts.modelChain;
        (uint32 height,,) = chain.head();
        uint256 quiet;
        for (uint32 number = 1; number <= height; ++number) {
            if (chain.blockAt(number).bestModel == 0) ++quiet;
        }
        uint256 voids;
        for (uint32 round = 1; round < chain.competition().round; ++round) {
            if (chain.closedRound(round).voidReason != IModelChain.VoidReason.None) ++voids;
        }
        vm.assertLe(3, height - quiet, "blocks");
        vm.assertLe(1, quiet, "quiet blocks");
        vm.assertLe(1, voids, "void rounds");
        vm.assertLe(3, _contracts.membership.currentEpoch(), "epochs");
        vm.assertTrue(_contracts.token.totalSupply() != 0, "nothing was paid");
        vm.assertTrue(_network.paid() != 0, "no bond came back");
    }

    function _blockIsQuietOrHasABest(IModelChain.Block memory data, bytes32 modelBefore) private view {
        if (data.bestModel == 0) {
            vm.assertTrue(data.paidVoices == 0 && data.bestReveal == 0, "a quiet block pays no model");
            vm.assertEq(data.modelHash, modelBefore, "the best model stays");
            return;
        }
        vm.assertTrue(Bits.has(data.paidVoices, data.bestReveal), "the best is a voice");
        vm.assertTrue(2 * Bits.count(data.paidVoices) > data.voices, "half of the voices named otherwise");
        vm.assertEq(
            _contracts.modelTransactions.revealAt(data.round, data.bestReveal).id, data.bestModel, "the best model"
        );
    }

    function _stakesAreThereAndNotAboveTheFullOne() private view {
        uint256 held;
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            uint256 amount = _contracts.membership.stakeOf(_network.account(i)).amount;
            vm.assertLe(amount, _p.stake, "a stake above the full one");
            held += amount;
        }
        uint256 balance = address(_contracts.membership).balance;
        // What burned stays for ever; of what was confiscated a reward goes to Disputes.
        uint256 disputed = address(_contracts.disputes).balance;
        vm.assertEq(balance + disputed + _network.paid(), _network.staked() + _network.bonded(), "wei");
        vm.assertLe(held, balance, "stakes");
        _bondsAreThere(disputed);
    }

    /// @dev Bonds that are not settled are there.
    function _bondsAreThere(uint256 held) private view {
        uint256 open;
        for (uint32 round = 1; round < _contracts.modelChain.collectingRound(); ++round) {
            uint32 questions = _contracts.disputes.counts(round).questions;
            for (uint32 question = 1; question <= questions; ++question) {
                IDisputeLedger.Question memory asked = _contracts.disputes.questionAt(round, question);
                if (!asked.settled) open += asked.bond;
            }
        }
        vm.assertLe(open, held, "bonds");
    }

    function _tokensAreAtMostWhatTheBlocksPay() private view {
        (uint32 height,,) = _contracts.modelChain.head();
        uint256 due;
        for (uint32 number = 1; number <= height; ++number) {
            due += _contracts.rewards.rewardOf(number);
        }
        vm.assertLe(_contracts.token.totalSupply(), due, "supply");
        vm.assertLe(due, _contracts.token.cap(), "cap");
    }

    function _onlyWhatIsDueIsPaid() private view {
        for (uint32 round = 1; round < _contracts.modelChain.collectingRound(); ++round) {
            IModelChain.Payout memory payout = _contracts.modelChain.payoutOf(round);
            vm.assertEq(_contracts.rewards.claimedVoices(round) & ~payout.voices, 0, "voices");
            vm.assertEq(_contracts.rewards.claimedData(round) & ~payout.dataSet, 0, "data");
        }
    }

    function _attestersAreThoseOfTheElectorate() private view {
        IModelChain.Competition memory current = _contracts.modelChain.competition();
        // At the end of a round its voices gain standing for later ones.
        if (current.round == 0 || current.phase >= IModelChain.Phase.Final) return;
        (, uint32 frozen) = _contracts.attestations.ticks();
        uint256 standing;
        uint256 attesters;
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            address account = _network.account(i);
            if (_contracts.attestations.standingEnd(account) > frozen) ++standing;
            if (_contracts.attestations.isAttester(current.round, account)) ++attesters;
        }
        vm.assertEq(_contracts.attestations.standingCount(), standing, "count");
        // Who loses standing within a round attests no more, and still counts.
        vm.assertLe(attesters, current.attesters, "attesters");
        if (current.electorate == IModelChain.Electorate.Standing) {
            vm.assertEq(attesters, standing, "accounts with standing");
            return;
        }
        vm.assertTrue(standing < _p.minimumStanding, "enough accounts have standing");
        if (current.electorate == IModelChain.Electorate.Members) {
            vm.assertEq(standing, 0, "there is somebody with standing");
            vm.assertEq(attesters, current.attesters, "members");
        }
    }

    function _membersAreCountedAndAscend() private view {
        IMembership membership = _contracts.membership;
        uint32 epoch = membership.currentEpoch();
        vm.assertEq(epoch, _contracts.modelChain.collection().epoch, "epoch");
        uint256 members;
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            if (membership.isMember(epoch, _network.account(i))) ++members;
        }
        uint256[] memory ring = membership.ring(epoch);
        vm.assertEq(ring.length, members, "ring");
        vm.assertEq(membership.memberCount(epoch), members, "members");
        vm.assertTrue(members >= _p.minimumRing && members <= _p.maximumMembers, "how many");
        for (uint256 i = 1; i < ring.length; ++i) {
            vm.assertTrue(ring[i - 1] < ring[i], "keys do not ascend");
        }
    }

    function _modelsAreCounted() private view {
        uint32 round = _contracts.modelChain.competition().round;
        uint256 commitments;
        uint256 reveals;
        for (uint256 i = 0; i < _network.ACCOUNTS(); ++i) {
            bool revealed = _contracts.modelTransactions.commitmentOf(round, _network.account(i)).revealed;
            if (_contracts.modelTransactions.commitmentOf(round, _network.account(i)).order != 0) ++commitments;
            if (revealed) ++reveals;
        }
        (uint32 counted, uint32 revealedModels) = _contracts.modelTransactions.counts(round);
        vm.assertEq(counted, commitments, "commitments");
        vm.assertEq(revealedModels, reveals, "reveals");
    }
}
