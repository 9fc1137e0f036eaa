// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IMembership} from "../../../contracts/interfaces/IMembership.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {IRewards} from "../../../contracts/interfaces/IRewards.sol";
import {Disputing} from "./Disputing.sol";
import {bound, draw} from "./Test.sol";

/// @notice A network whose accounts do by chance what they may do, and try what they may not: the calls that forge
/// makes.
contract Network is Disputing {
    /// @dev How often a phase ends instead of going on: once in so many actions.
    uint256 private constant PATIENCE = 20;

    uint256 private _position; // of the competition: its round, then its phase

    constructor() {
        for (uint256 i = 0; i < GENESIS_ACCOUNTS; ++i) {
            applyOnce(i, account(i));
        }
        contracts.modelChain.start(genesisByKey());
    }

    /// @dev The competition only goes forward.
    modifier forward() {
        vm.warp(clock);
        _;
        IModelChain.Competition memory current = contracts.modelChain.competition();
        uint256 position = uint256(current.round) << 8 | uint8(current.phase);
        vm.assertLe(_position, position, "the competition went back");
        _position = position;
    }

    /// @dev Applies, and fills up what burned.
    function applyFor(uint256 seed, uint256 by) external forward {
        address to = account(by % ACCOUNTS);
        applyOnce(seed, to);
        uint256 missing = p.stake - contracts.membership.stakeOf(to).amount;
        staked += missing;
        vm.prank(to);
        contracts.membership.addStake{value: missing}();
    }

    function share(uint256 seed, uint256 by) external forward {
        reach(clock + 1 + seed % 60);
        for (uint256 i = 0; i < 3; ++i) {
            shareOnce(draw(seed, i), account((by % ACCOUNTS + i) % ACCOUNTS));
        }
    }

    function mineAndPartition(uint256 seed, uint256 count) external forward {
        mineHeaders(seed, bound(count, 1, 8));
        partitionAll();
        writeMembers(seed);
    }

    function compete(uint256 seed) external forward {
        for (uint256 i = 0; i < 4; ++i) {
            _competeOnce(draw(seed, i));
        }
    }

    /// @dev What is due is paid once, and nothing else is paid.
    function claim(uint256 seed) external forward {
        uint32 last = contracts.modelChain.competition().round;
        if (last == 0) return;
        uint32 round = uint32(bound(seed, 1, last));
        _claimModels(round, draw(seed, 0));
        _claimAttestation(round, account(draw(seed, 1) % ACCOUNTS));
        settle(draw(seed, 3));
        if (shared[round].length != 0) _claimData(round, uint32(draw(seed, 2) % shared[round].length));
    }

    function withdraw(uint256 by) external forward {
        address to = account(by % ACCOUNTS);
        IMembership membership = contracts.membership;
        uint256 amount = membership.stakeOf(to).amount;
        bool isFree = amount != 0 && contracts.modelChain.collectingRound() >= membership.stakeFreeFrom(to);
        if (isFree) staked -= amount;
        else vm.expectRevert();
        vm.prank(to);
        membership.withdrawStake();
    }

    /// @dev One thing that nobody may do.
    function misbehave(uint256 seed, uint256 by) external forward {
        address thief = account(by % ACCOUNTS);
        address[] memory accounts = new address[](1);
        accounts[0] = thief;
        IModelChain.Block memory forged;
        uint32 round = uint32(seed);
        uint256 what = draw(seed, 0) % 15;
        vm.expectRevert();
        vm.prank(thief);
        if (what == 0) contracts.modelChain.start(accounts);
        if (what == 1) contracts.modelChain.append(forged);
        if (what == 2) contracts.dataRegistry.openRound(round);
        if (what == 3) contracts.heat.gain(thief, seed, round);
        if (what == 4) contracts.token.mint(thief, 1);
        if (what == 5) contracts.membership.openRound(round);
        if (what == 6) contracts.membership.act(thief, round);
        if (what == 7) contracts.membership.burn(thief);
        if (what == 8) contracts.attestations.freeze(round, 1);
        if (what == 9) contracts.attestations.grantStanding(round, accounts);
        if (what == 10) contracts.modelTransactions.endReveal(round);
        if (what == 11) contracts.attestations.enrol(thief);
        if (what == 12) contracts.attestations.fall(round, bytes32(seed));
        if (what == 13) contracts.membership.confiscate(accounts);
        if (what == 14) contracts.disputes.endPhase(round, IModelChain.Phase.Challenge);
    }

    function _competeOnce(uint256 seed) private {
        IModelChain.Competition memory current = contracts.modelChain.competition();
        address by = account(draw(seed, 0) % ACCOUNTS);
        IModelChain.Phase phase = current.phase;
        if (draw(seed, 1) % PATIENCE == 0) return _advance(seed);
        if (phase == IModelChain.Phase.Open || phase == IModelChain.Phase.Unseal) {
            uint32 data = contracts.modelChain.closedRound(current.round).data;
            publish(current.round, uint32(draw(seed, 2) % data), phase == IModelChain.Phase.Unseal);
            publish(current.round, uint32(draw(seed, 3) % data), phase == IModelChain.Phase.Unseal);
        } else if (phase == IModelChain.Phase.Commit) {
            commitModel(seed, by);
        } else if (phase == IModelChain.Phase.Report || phase == IModelChain.Phase.Available) {
            report(seed, by, phase == IModelChain.Phase.Available);
        } else if (phase == IModelChain.Phase.Reveal) {
            revealModel(seed, by);
        } else if (phase == IModelChain.Phase.Bring) {
            bring(seed);
        } else if (phase == IModelChain.Phase.Attest) {
            commitAttestation(seed, by);
        } else if (phase == IModelChain.Phase.AttestReveal) {
            openAttestation(seed, by);
        } else if (phase == IModelChain.Phase.Challenge && draw(seed, 4) % 8 == 0) {
            ask(seed, by);
        } else if (phase == IModelChain.Phase.Finalize) {
            finalizeRound();
        } else {
            _advance(seed);
        }
    }

    /// @dev Before its time a phase does not end; afterwards anybody ends it. No phase can be stuck.
    function _advance(uint256 seed) private {
        IModelChain chain = contracts.modelChain;
        IModelChain.Competition memory current = chain.competition();
        bool competes = current.phase != IModelChain.Phase.None && current.phase < IModelChain.Phase.Final;
        if (!competes) {
            // The collecting round closes, if it may; else it goes on.
            try chain.advance() {}
            catch (bytes memory reason) {
                bool isKnown = bytes4(reason) == IModelChain.NothingToAdvance.selector
                    || bytes4(reason) == IMembership.MembersNotWritten.selector;
                vm.assertTrue(isKnown, "another reason");
            }
            return;
        }
        uint32 tip = contracts.relay.tip();
        if (tip < current.endHeight || clock < current.phaseStart + p.minimumPhaseSeconds) {
            vm.expectPartialRevert(IModelChain.PhaseNotOver.selector);
            chain.advance();
        }
        reach(current.phaseStart + p.minimumPhaseSeconds);
        if (tip < current.endHeight) mineHeaders(seed, current.endHeight - tip);
        chain.advance();
    }

    function _claimModels(uint32 round, uint256 seed) private {
        IModelChain.Payout memory payout = contracts.modelChain.payoutOf(round);
        IRewards rewards = contracts.rewards;
        if (payout.voices == 0) vm.expectRevert(abi.encodeWithSelector(IRewards.NothingToClaim.selector, round));
        else if (rewards.isBestClaimed(round)) _expectClaimed(round);
        rewards.claimBest(round);

        uint32 index = uint32(seed % (ACCOUNTS + 1));
        bool isVoice = payout.voices >> index & 1 == 1 && index != payout.bestReveal;
        if (!isVoice) vm.expectRevert(abi.encodeWithSelector(IRewards.NothingToClaim.selector, round));
        else if (rewards.claimedVoices(round) >> index & 1 == 1) _expectClaimed(round);
        rewards.claimVoice(round, index);
    }

    function _claimAttestation(uint32 round, address to) private {
        IModelChain.Payout memory payout = contracts.modelChain.payoutOf(round);
        bytes32 statement = contracts.attestations.attestationOf(round, to).statement;
        bool isDue = payout.number != 0 && statement == payout.statement;
        if (!isDue) vm.expectRevert(abi.encodeWithSelector(IRewards.NothingToClaim.selector, round));
        else if (contracts.rewards.isAttestationClaimed(round, to)) _expectClaimed(round);
        contracts.rewards.claimAttestation(round, to);
    }

    function _claimData(uint32 round, uint32 index) private {
        IDataRegistry.DataRecord memory record = recordOf(shared[round][index]);
        bool isDue = contracts.modelChain.payoutOf(round).dataSet >> index & 1 == 1;
        if (!isDue) vm.expectRevert(abi.encodeWithSelector(IRewards.NothingToClaim.selector, round));
        else if (contracts.rewards.claimedData(round) >> index & 1 == 1) _expectClaimed(round);
        contracts.rewards.claimData(record, index);
        record.rewardAddress = address(this);
        vm.expectPartialRevert(IRewards.UnknownData.selector);
        contracts.rewards.claimData(record, index);
    }

    function _expectClaimed(uint32 round) private {
        vm.expectRevert(abi.encodeWithSelector(IRewards.AlreadyClaimed.selector, round));
    }
}
