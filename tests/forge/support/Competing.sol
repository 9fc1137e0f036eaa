// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../../../contracts/interfaces/IAttestations.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {IModelTransactions} from "../../../contracts/interfaces/IModelTransactions.sol";
import {Tags} from "../../../contracts/libraries/Tags.sol";
import {Sharing} from "./Sharing.sol";
import {draw} from "./Test.sol";

/// @notice Accounts that commit to models, reveal them, report, attest and finalize.
abstract contract Competing is Sharing {
    uint64 private constant BASELINE = 100;

    mapping(uint32 round => mapping(address account => bytes32)) private _statements; // committed to, not opened

    /// @dev Commits to a model, where the account may.
    function commitModel(uint256 seed, address by) internal {
        uint32 round = contracts.modelChain.competition().round;
        bool mayCommit = contracts.membership.isMember(contracts.modelChain.closedRound(round).epoch, by)
            && contracts.membership.stakeOf(by).amount == p.stake;
        bytes32 commitment = _commitment(round, by);
        if (!mayCommit) vm.expectRevert();
        vm.prank(by);
        contracts.modelTransactions.commitModel(commitment, bytes32(seed));
    }

    /// @dev Reveals the model; now and then it votes for something else.
    function revealModel(uint256 seed, address by) internal {
        uint32 round = contracts.modelChain.competition().round;
        IModelTransactions.Commitment memory commitment = contracts.modelTransactions.commitmentOf(round, by);
        (, bytes32 headHash,) = contracts.modelChain.head();
        IModelTransactions.ModelTransaction memory transaction = IModelTransactions.ModelTransaction({
            account: by,
            modelHash: _modelHash(round, by),
            trainingRoot: bytes32(uint256(round)),
            evaluation: uint64(seed),
            dataRoot: draw(seed, 1) % 7 == 0 ? bytes32(seed) : contracts.modelChain.closedRound(round).dataRoot,
            previousBlock: draw(seed, 2) % 7 == 0 ? bytes32(seed) : headHash
        });
        if (commitment.order == 0 || commitment.revealed) vm.expectRevert();
        vm.prank(by);
        contracts.modelTransactions.revealModel(transaction, bytes32(uint256(uint160(by))));
    }

    /// @dev Reports by chance, once.
    function report(uint256 seed, address by, bool ofModels) internal {
        IAttestations attestations = contracts.attestations;
        uint32 round = contracts.modelChain.competition().round;
        bool hasReported =
            ofModels ? attestations.hasReportedModels(round, by) : attestations.hasReportedData(round, by);
        uint32 count = contracts.modelChain.closedRound(round).data;
        if (ofModels) (, count) = contracts.modelTransactions.counts(round);
        uint256 bitmap = draw(seed, 0) % 6 == 0 && count != 0 ? 1 << (draw(seed, 1) % count) : 0;
        if (hasReported || !attestations.isAttester(round, by)) vm.expectRevert();
        vm.prank(by);
        if (ofModels) attestations.reportModels(bitmap);
        else attestations.reportData(bitmap);
    }

    /// @dev Brings a model that is missing.
    function bring(uint256 seed) internal {
        uint32 round = contracts.modelChain.competition().round;
        uint256 missing = contracts.modelChain.closedRound(round).missing & ~contracts.modelTransactions.brought(round);
        (, uint32 reveals) = contracts.modelTransactions.counts(round);
        uint32 index = uint32(seed % (reveals + 1));
        if (missing >> index & 1 == 0) {
            vm.expectRevert();
            contracts.modelTransactions.bringModel(index, "");
            return;
        }
        contracts.modelTransactions
            .bringModel(index, _file(round, contracts.modelTransactions.revealAt(round, index).account));
    }

    /// @dev Most attesters state the same; a few something else.
    function commitAttestation(uint256 seed, address by) internal {
        uint32 round = contracts.modelChain.competition().round;
        bool mayAttest =
            contracts.attestations.isAttester(round, by) && contracts.membership.stakeOf(by).amount == p.stake;
        bytes32 statement = draw(seed, 0) % 8 == 0 ? bytes32(seed) : _statement(round);
        bytes32 commitment = _attestation(round, by, statement);
        if (mayAttest) _statements[round][by] = statement;
        else vm.expectRevert();
        vm.prank(by);
        contracts.attestations.commitAttestation(commitment);
    }

    /// @dev Opens it: only what has rows can be opened.
    function openAttestation(uint256 seed, address by) internal {
        uint32 round = contracts.modelChain.competition().round;
        bytes32 statement = _statements[round][by];
        bool isTrue = statement == _statement(round);
        bool bringsRows = contracts.attestations.support(round, statement) == 0 || seed % 2 == 0;
        IAttestations.Row[] memory rows = table(round);
        bytes32 salt = bytes32(uint256(uint160(by)));
        if (isTrue) delete _statements[round][by];
        else vm.expectRevert();
        vm.prank(by);
        if (bringsRows) contracts.attestations.openStatement(rows, salt);
        else contracts.attestations.openAttestation(statement, salt);
    }

    function finalizeRound() internal {
        contracts.blockProduction.finalize(table(contracts.modelChain.competition().round));
        vm.assertTrue(contracts.modelChain.competition().phase == IModelChain.Phase.Final, "no block");
    }

    /// @notice What honest attesters find: by chance, but always the same for a round.
    function table(uint32 round) internal view returns (IAttestations.Row[] memory rows) {
        (, uint32 reveals) = contracts.modelTransactions.counts(round);
        uint256 missing = contracts.modelChain.closedRound(round).missing;
        rows = new IAttestations.Row[](uint256(reveals) + 1);
        (,, bytes32 best) = contracts.modelChain.head();
        if (best != 0) rows[0] = IAttestations.Row(bytes32(uint256(1)), BASELINE, 0, 0, 0);
        for (uint256 i = 0; i < reveals; ++i) {
            uint256 chance = draw(round, i);
            if (missing >> i & 1 == 1 || chance % 9 == 0) continue; // missing or malformed
            int64 net = int64(int256(draw(chance, 0) % 110)) - 60;
            rows[i + 1] = IAttestations.Row({
                hash: bytes32(chance),
                middle: uint64(int64(BASELINE) + net),
                net: net,
                spread: uint64(draw(chance, 1) % 200),
                repeats: draw(chance, 2) % 4 == 0 ? 1 : 0
            });
        }
    }

    function _statement(uint32 round) internal view returns (bytes32) {
        bytes32 dataRoot = contracts.modelChain.closedRound(round).dataRoot;
        return keccak256(abi.encode(Tags.TABLE, block.chainid, contracts.modelChain, round, dataRoot, table(round)));
    }

    function _attestation(uint32 round, address by, bytes32 statement) private view returns (bytes32) {
        bytes32 salt = bytes32(uint256(uint160(by)));
        return keccak256(abi.encode(Tags.ATTEST, block.chainid, contracts.modelChain, round, by, statement, salt));
    }

    function _commitment(uint32 round, address by) private view returns (bytes32) {
        bytes32 salt = bytes32(uint256(uint160(by)));
        return keccak256(
            abi.encode(
                Tags.COMMIT,
                block.chainid,
                contracts.modelChain,
                round,
                by,
                _modelHash(round, by),
                bytes32(uint256(round)),
                salt
            )
        );
    }

    function _modelHash(uint32 round, address by) private pure returns (bytes32) {
        return sha256(_file(round, by));
    }

    function _file(uint32 round, address by) private pure returns (bytes memory) {
        return abi.encode("model", round, by);
    }
}
