// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IKeyRegistry} from "../../../contracts/interfaces/IKeyRegistry.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {IModelChainErrors} from "../../../contracts/interfaces/IModelChainErrors.sol";
import {Competing} from "./Competing.sol";
import {ReferenceMerkle} from "./ReferenceMerkle.sol";
import {bound, draw} from "./Test.sol";

/// @notice A network whose nodes do by chance what they may do, and try what they may not: the calls that forge makes.
contract Network is Competing {
    using ReferenceMerkle for bytes32[];

    /// @dev How often a phase ends instead of going on: once in so many actions.
    uint256 private constant PATIENCE = 16;

    uint256 private _position; // of the competition: its round, then its phase
    uint32 private _height; // of the chain's head

    constructor() {
        mineHeaders(1, 2);
        for (uint256 i = 0; i < GENESIS_ACCOUNTS; ++i) {
            registerKeys(account(i), i);
        }
        chain.start();
        writePages();
    }

    /// @dev Whatever is done, rounds, phases and blocks only go forward.
    modifier forward() {
        vm.warp(clock);
        _;
        IModelChain.Competition memory current = chain.competition();
        uint256 position = uint256(current.round) * 100 + uint256(current.phase);
        vm.assertLe(_position, position, "a phase goes back");
        _position = position;
        (uint32 height,,) = chain.head();
        vm.assertLe(_height, height, "a block is taken back");
        vm.assertLe(height, _height + 1, "two blocks at once");
        _height = height;
    }

    function register(uint256 by, uint256 count) external forward {
        registerKeys(account(by % ACCOUNTS), count);
    }

    function share(uint256 seed) external forward {
        uint32 collecting = chain.collectingRound();
        for (uint256 i = 0; i < 3; ++i) {
            reach(clock + draw(seed, 10 + i) % 60);
            shareItem(draw(seed, i), collecting);
        }
        IModelChain.ClosedRound memory before = chain.closedRound(collecting - 1);
        bool isGrace = collecting > 1 && clock <= before.closedAt + p.graceSeconds;
        if (isGrace && keys.writtenKeys(collecting - 1) == keys.activeKeys(collecting - 1)) {
            shareItem(draw(seed, 4), collecting - 1);
        }
    }

    function publish(uint256 number) external forward {
        if (items.length != 0) publishKey(number % items.length);
    }

    function mineAndPartition(uint256 seed, uint256 count) external forward {
        mineHeaders(seed, bound(count, 1, 9));
        partitionAll();
        writePages();
    }

    function compete(uint256 seed) external forward {
        for (uint256 i = 0; i < 6; ++i) {
            _competeOnce(draw(seed, i));
        }
        writePages();
    }

    function claim(uint256 seed) external forward {
        uint32 round = chain.competition().round;
        if (round == 0) return;
        round = uint32(bound(draw(seed, 0), 1, round));
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            _claimFor(round, account(i));
        }
        IModelChain.ClosedRound memory closed = chain.closedRound(round);
        if (closed.items != 0) _claimItem(round, closed, uint64(draw(seed, 1) % closed.items));
        if (keys.registrations() != 0) _withdrawKeyBond(draw(seed, 2) % keys.registrations());
    }

    /// @dev One thing that nobody may do.
    function misbehave(uint256 seed, uint256 by) external forward {
        address thief = account(by % ACCOUNTS);
        uint256 what = draw(seed, 0) % 6;
        vm.expectRevert();
        vm.prank(thief);
        if (what == 0) chain.start();
        if (what == 1) chain.partition(uint32(seed), uint64(items.length + 1));
        if (what == 2) data.openRound(uint32(seed));
        if (what == 3) heat.gain(thief, seed);
        if (what == 4) token.mint(thief, 1);
        if (what == 5) keys.openRound(uint32(seed));
    }

    function _competeOnce(uint256 seed) private {
        IModelChain.Phase phase = chain.competition().phase;
        address by = account(draw(seed, 0) % ACCOUNTS);
        bool goesOn = draw(seed, 1) % PATIENCE != 0;
        if (phase == IModelChain.Phase.Commit && goesOn) {
            if (mayCommit(by)) commitModel(seed, by);
        } else if (phase == IModelChain.Phase.Reveal && goesOn) {
            revealModel(seed, by);
        } else if (phase == IModelChain.Phase.Attest && goesOn) {
            commitAttestation(seed, by);
        } else if (phase == IModelChain.Phase.AttestReveal && goesOn) {
            openAttestation(by);
        } else if (phase == IModelChain.Phase.Finalize && goesOn) {
            finalizeRound();
        } else {
            _advance(seed);
        }
    }

    /// @dev Before its time a phase does not end; afterwards anybody ends it. No phase can be stuck.
    function _advance(uint256 seed) private {
        IModelChain.Competition memory current = chain.competition();
        bool competes = current.phase != IModelChain.Phase.None && current.phase < IModelChain.Phase.Final;
        if (!competes) {
            // The collecting round closes, if it may; else it goes on.
            try chain.advance() {}
            catch (bytes memory reason) {
                vm.assertTrue(bytes4(reason) == IModelChainErrors.NothingToAdvance.selector, "another reason");
            }
            return;
        }
        if (relay.tip() < current.endHeight || clock < current.phaseStart + p.minimumPhaseSeconds) {
            vm.expectPartialRevert(IModelChainErrors.PhaseNotOver.selector);
            chain.advance();
        }
        reach(current.phaseStart + p.minimumPhaseSeconds);
        if (relay.tip() < current.endHeight) mineHeaders(seed, current.endHeight - relay.tip());
        chain.advance();
    }

    /// @dev What is due is paid once, and nothing else is paid.
    function _claimFor(uint32 round, address to) private {
        IModelChain.Commitment memory commitment = chain.commitmentOf(round, to);
        if (!commitment.valid || commitment.rewardClaimed) {
            vm.expectRevert(abi.encodeWithSelector(IModelChainErrors.NothingToClaim.selector, round, to));
        }
        chain.claimModel(round, to);

        uint32 number = chain.closedRound(round).blockNumber;
        (, bytes32 statement, bool claimed) = chain.attestationOf(round, to);
        bool isWithMajority = number != 0 && statement != 0 && _isMajority(round, number, statement);
        if (!isWithMajority || claimed) {
            vm.expectRevert(abi.encodeWithSelector(IModelChainErrors.NothingToClaim.selector, round, to));
        }
        chain.claimAttestation(round, to);

        uint32 current = chain.competition().round;
        if (current <= round + p.standingRounds) {
            vm.expectPartialRevert(IModelChainErrors.BondLocked.selector);
        } else if (!commitment.revealed || commitment.burned || commitment.bondReturned) {
            vm.expectRevert(abi.encodeWithSelector(IModelChainErrors.NothingToClaim.selector, round, to));
        }
        chain.withdrawBond(round, to);
    }

    /// @dev More than any other statement: the block counts those who made it.
    function _isMajority(uint32 round, uint32 number, bytes32 statement) private view returns (bool) {
        uint256 support = chain.support(round, statement);
        return support == chain.blockAt(number).attestations && support >= p.minimumStanding;
    }

    function _claimItem(uint32 round, IModelChain.ClosedRound memory closed, uint64 index) private {
        bytes32[] memory proof = leaves(round).proof(index);
        IDataRegistry.Item memory claimed = items[closed.firstItem + index];
        bool isTest = index < closed.testItems;
        uint32 number = closed.blockNumber;
        if (number == 0) {
            vm.expectRevert(abi.encodeWithSelector(IModelChainErrors.NoSuchBlock.selector, 0));
        } else if (chain.dataClaimed(number, index)) {
            vm.expectRevert(abi.encodeWithSelector(IModelChainErrors.AlreadyClaimed.selector, number, index));
        } else {
            vm.expectPartialRevert(IModelChainErrors.ProofInvalid.selector);
            chain.claimData(number, claimed, index, !isTest, proof);
        }
        chain.claimData(number, claimed, index, isTest, proof);
    }

    function _withdrawKeyBond(uint256 index) private {
        IKeyRegistry.Registration memory registration = keys.registration(index);
        if (registration.bond == 0) {
            vm.expectRevert(abi.encodeWithSelector(IKeyRegistry.NoBond.selector, index));
        } else if (chain.collectingRound() <= registration.round + p.leaseRounds) {
            vm.expectPartialRevert(IKeyRegistry.LeaseNotOver.selector);
        }
        keys.withdrawBond(index);
    }
}
