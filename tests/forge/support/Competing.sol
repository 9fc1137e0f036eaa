// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {Tags} from "../../../contracts/libraries/Tags.sol";
import {ReferenceMerkle} from "./ReferenceMerkle.sol";
import {Sharing} from "./Sharing.sol";
import {draw} from "./Test.sol";

/// @notice Nodes that commit to models, reveal them, attest and finalize, and what must come of it.
abstract contract Competing is Sharing {
    using ReferenceMerkle for bytes32[];

    struct Model {
        bytes32 modelHash;
        bytes32 trainingRoot;
        bytes32 salt;
        uint256 score; // what it really reaches
    }

    uint256 private constant TEST_SAMPLES = 1_000_000;

    mapping(uint32 round => mapping(address account => Model)) internal models;
    mapping(uint32 round => IModelChain.ModelTransaction[]) internal revealed;
    mapping(uint32 round => mapping(address account => bytes32)) private _statements; // committed to, not opened
    uint256 private _baseline; // score of the last block's best model

    /// @dev Whether the rules give the account a place in the round.
    function mayCommit(address by) internal view returns (bool) {
        IModelChain.Competition memory current = chain.competition();
        if (chain.commitmentOf(current.round, by).order != 0) return true;
        uint256 newcomers;
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            bool hasPlace = chain.commitmentOf(current.round, account(i)).order != 0;
            if (hasPlace && !chain.isAttester(account(i))) ++newcomers;
        }
        if (chain.isAttester(by)) return current.commitments < p.maximumModels;
        return current.round != 1 && current.attesters + newcomers < p.maximumModels;
    }

    /// @dev A new model, good or bad, or a copy of one that another account committed to.
    function commitModel(uint256 seed, address by) internal {
        uint32 round = chain.competition().round;
        address other = account(draw(seed, 0) % ACCOUNTS);
        Model memory model = models[round][other];
        if (draw(seed, 1) % 6 != 0 || model.modelHash == 0) {
            model.modelHash = bytes32(draw(seed, 2));
            uint256 required = chain.requiredScore(_baseline, TEST_SAMPLES);
            uint256 quality = draw(seed, 3) % 8;
            model.score = quality == 0 ? 0 : quality == 1 ? _baseline : required + draw(seed, 4) % 3;
        }
        model.trainingRoot = bytes32(draw(seed, 5));
        model.salt = bytes32(draw(seed, 6));
        models[round][by] = model;
        bytes32 commitment = keccak256(
            abi.encode(
                Tags.COMMIT, block.chainid, address(chain), round, by, model.modelHash, model.trainingRoot, model.salt
            )
        );
        bool isFirst = chain.commitmentOf(round, by).order == 0;
        vm.prank(by);
        chain.commitModel{value: isFirst ? p.modelBond : 0}(commitment, bytes32(seed));
    }

    /// @dev The commitment's reveal; now and then it claims or votes what will not be attested.
    function revealModel(uint256 seed, address by) internal {
        uint32 round = chain.competition().round;
        IModelChain.Commitment memory commitment = chain.commitmentOf(round, by);
        if (commitment.order == 0 || commitment.revealed) return;
        Model memory model = models[round][by];
        (, bytes32 headHash,) = chain.head();
        IModelChain.ModelTransaction memory transaction = IModelChain.ModelTransaction({
            account: by,
            modelHash: model.modelHash,
            trainingRoot: model.trainingRoot,
            score: draw(seed, 0) % 10 == 0 ? model.score + 1 : model.score,
            dataRoot: draw(seed, 1) % 10 == 0 ? bytes32(seed) : leaves(round).root(),
            previousBlock: draw(seed, 2) % 10 == 0 ? bytes32(seed) : headHash
        });
        vm.prank(by);
        chain.revealModel(transaction, model.salt);
        revealed[round].push(transaction);
    }

    /// @dev Most attesters state what is so; a few anything else.
    function commitAttestation(uint256 seed, address by) internal {
        if (!chain.isAttester(by)) return;
        uint32 round = chain.competition().round;
        bytes32 statement = draw(seed, 0) % 8 == 0 ? bytes32(seed) : _statement(round, table(round));
        _statements[round][by] = statement;
        vm.prank(by);
        chain.commitAttestation(_attestation(round, by, statement));
    }

    function openAttestation(address by) internal {
        uint32 round = chain.competition().round;
        bytes32 statement = _statements[round][by];
        if (statement == 0) return;
        delete _statements[round][by];
        vm.prank(by);
        chain.revealAttestation(statement, _salt(by));
    }

    /// @dev The block that the rules ask for; if no model is valid, the round is void by it. Nothing else is accepted.
    function finalizeRound() internal {
        IModelChain.Competition memory current = chain.competition();
        IModelChain.Scores memory scores = table(current.round);
        // A majority behind something else than the truth: the round can only be void.
        if (current.majority != _statement(current.round, scores)) return;
        uint32[] memory ranking = _ranking(current.round, scores);
        chain.finalize(scores, revealed[current.round], ranking);
        if (ranking.length == 0) {
            vm.assertTrue(chain.competition().phase == IModelChain.Phase.Void, "a block without a model");
        } else {
            vm.assertTrue(chain.competition().phase == IModelChain.Phase.Final, "no block");
            _baseline = scores.scores[ranking[0]];
        }
    }

    /// @notice The leaves of a closed round's data set: all its items, the first ones testing.
    function leaves(uint32 round) internal view returns (bytes32[] memory result) {
        IModelChain.ClosedRound memory closed = chain.closedRound(round);
        result = new bytes32[](closed.items);
        for (uint256 i = 0; i < closed.items; ++i) {
            bytes32 id = data.itemId(items[closed.firstItem + i]);
            result[i] = keccak256(abi.encode(Tags.ITEM, block.chainid, address(chain), id, i < closed.testItems));
        }
    }

    /// @notice What honest attesters find.
    function table(uint32 round) internal view returns (IModelChain.Scores memory scores) {
        IModelChain.ClosedRound memory closed = chain.closedRound(round);
        scores.dataRoot = leaves(round).root();
        scores.trainingItems = closed.items - closed.testItems;
        scores.testItems = closed.testItems;
        scores.testSamples = TEST_SAMPLES;
        scores.baseline = _baseline;
        scores.scores = new uint256[](revealed[round].length);
        for (uint256 i = 0; i < scores.scores.length; ++i) {
            scores.scores[i] = models[round][revealed[round][i].account].score;
        }
    }

    /// @dev Valid models by score, then earlier commitment: by comparing all with all.
    function _ranking(uint32 round, IModelChain.Scores memory scores) private view returns (uint32[] memory ranking) {
        uint256 count = scores.scores.length;
        bool[] memory valid = new bool[](count);
        uint256 validModels;
        for (uint256 i = 0; i < count; ++i) {
            valid[i] = _isValid(round, scores, i);
            if (valid[i]) ++validModels;
        }
        ranking = new uint32[](validModels);
        for (uint256 i = 0; i < count; ++i) {
            if (!valid[i]) continue;
            uint256 place;
            for (uint256 j = 0; j < count; ++j) {
                if (j == i || !valid[j]) continue;
                bool isBetter = scores.scores[j] > scores.scores[i];
                bool isEqual = scores.scores[j] == scores.scores[i];
                if (isBetter || (isEqual && _order(round, j) < _order(round, i))) ++place;
            }
            ranking[place] = uint32(i);
        }
    }

    function _isValid(uint32 round, IModelChain.Scores memory scores, uint256 i) private view returns (bool) {
        IModelChain.ModelTransaction memory transaction = revealed[round][i];
        (, bytes32 headHash,) = chain.head();
        for (uint256 j = 0; j < scores.scores.length; ++j) {
            bool isCopy = revealed[round][j].modelHash == transaction.modelHash;
            if (isCopy && _order(round, j) < _order(round, i)) return false;
        }
        return scores.scores[i] >= chain.requiredScore(scores.baseline, scores.testSamples)
            && scores.scores[i] == transaction.score && transaction.dataRoot == scores.dataRoot
            && transaction.previousBlock == headHash;
    }

    function _order(uint32 round, uint256 index) private view returns (uint32) {
        return chain.commitmentOf(round, revealed[round][index].account).order;
    }

    function _statement(uint32 round, IModelChain.Scores memory scores) private view returns (bytes32) {
        return keccak256(
            abi.encode(
                Tags.SCORES,
                block.chainid,
                address(chain),
                round,
                scores.dataRoot,
                scores.trainingItems,
                scores.testItems,
                scores.testSamples,
                scores.baseline,
                scores.scores
            )
        );
    }

    function _attestation(uint32 round, address by, bytes32 statement) private view returns (bytes32) {
        return keccak256(abi.encode(Tags.ATTEST, block.chainid, address(chain), round, by, statement, _salt(by)));
    }

    function _salt(address by) private pure returns (bytes32) {
        return keccak256(abi.encode("salt", by));
    }
}
