// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {IModelChain} from "../interfaces/IModelChain.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Tags} from "../libraries/Tags.sol";
import {ModelChainState} from "./ModelChainState.sol";

/// @title Rewards and bonds. They are pulled, by anybody, and paid to whom they are due.
abstract contract Claims is ModelChainState {
    using BitMaps for BitMaps.BitMap;

    mapping(uint32 blockNumber => BitMaps.BitMap) private _dataClaims;
    mapping(uint32 blockNumber => uint256 items) private _testClaims;

    /// @inheritdoc IModelChain
    function claimModel(uint32 round, address account) external {
        Commitment storage entry = _commitments[round][account];
        if (!entry.valid || entry.rewardClaimed) revert NothingToClaim(round, account);
        entry.rewardClaimed = true;
        uint32 number = _rounds[round].blockNumber;
        uint256 amount = entry.best
            ? _pot(number, _bestBasisPoints)
            : _pot(number, _modelsBasisPoints) / (_blocks[number].validModels - 1);
        emit ModelRewarded(number, account, amount);
        token.mint(account, amount);
    }

    /// @inheritdoc IModelChain
    function claimAttestation(uint32 round, address account) external {
        AttestationRecord storage entry = _attestations[round][account];
        uint32 number = _rounds[round].blockNumber;
        if (number == 0 || entry.claimed || entry.statement == 0 || entry.statement != _majorities[number]) {
            revert NothingToClaim(round, account);
        }
        entry.claimed = true;
        uint256 amount = _pot(number, _attestersBasisPoints) / _blocks[number].attestations;
        emit AttesterRewarded(number, account, amount);
        heat.gain(account, _heatAttestation);
        token.mint(account, amount);
    }

    /// @inheritdoc IModelChain
    function claimData(
        uint32 blockNumber,
        IDataRegistry.Item calldata item,
        uint64 index,
        bool isTest,
        bytes32[] calldata proof
    ) external {
        if (blockNumber == 0 || blockNumber > _headNumber) revert NoSuchBlock(blockNumber);
        Block storage data = _blocks[blockNumber];
        uint256 trainingItems = data.trainingItems;
        uint256 testItems = data.testItems;
        bytes32 leaf =
            keccak256(abi.encode(Tags.ITEM, block.chainid, address(this), dataRegistry.itemId(item), isTest));
        if (!MerkleTree.verify(data.dataRoot, leaf, index, trainingItems + testItems, proof)) {
            revert ProofInvalid(index, data.dataRoot);
        }
        if (_dataClaims[blockNumber].get(index)) revert AlreadyClaimed(blockNumber, index);
        _dataClaims[blockNumber].set(index);
        // What the root holds is only attested: with more test items than stated, the pot would be exceeded.
        if (isTest && ++_testClaims[blockNumber] > testItems) revert TooManyTestItems(blockNumber, testItems);
        uint256 weight = isTest ? _testItemWeight : 1;
        uint256 amount = _pot(blockNumber, _dataBasisPoints) * weight / (trainingItems + _testItemWeight * testItems);
        emit DataRewarded(blockNumber, item.rewardAddress, index, amount);
        token.mint(item.rewardAddress, amount);
    }

    /// @inheritdoc IModelChain
    function withdrawBond(uint32 round, address account) external {
        uint32 untilRound = round + uint32(_standingRounds);
        uint32 current = _competition.round;
        if (current <= untilRound) revert BondLocked(round, untilRound, current);
        Commitment storage entry = _commitments[round][account];
        // A commitment that was never revealed, a burned one and a returned one leave nothing to pay.
        if (!entry.revealed || entry.burned || entry.bondReturned) revert NothingToClaim(round, account);
        entry.bondReturned = true;
        emit BondReturned(round, account, _modelBond);
        (bool sent,) = account.call{value: _modelBond}("");
        if (!sent) revert TransferFailed(account, _modelBond);
    }

    /// @inheritdoc IModelChain
    function rewardOf(uint32 blockNumber) public view returns (uint256) {
        if (blockNumber == 0) return 0;
        return _blockReward >> ((blockNumber - 1) / _halvingBlocks);
    }

    /// @inheritdoc IModelChain
    function dataClaimed(uint32 blockNumber, uint256 index) external view returns (bool) {
        return _dataClaims[blockNumber].get(index);
    }

    function _pot(uint32 blockNumber, uint256 basisPoints) private view returns (uint256) {
        return rewardOf(blockNumber) * basisPoints / BASIS_POINTS;
    }
}
