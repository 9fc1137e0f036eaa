// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IDataRegistry} from "./interfaces/IDataRegistry.sol";
import {IHeat} from "./interfaces/IHeat.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelToken} from "./interfaces/IModelToken.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {IRewards} from "./interfaces/IRewards.sol";
import {Bits} from "./libraries/Bits.sol";
import {Pots} from "./libraries/Pots.sol";

/// @title What blocks pay, as IRewards describes it.
contract Rewards is IRewards {
    IModelChain private immutable _modelChain;
    IModelTransactions private immutable _modelTransactions;
    IAttestations private immutable _attestations;
    IDataRegistry private immutable _dataRegistry;
    IHeat private immutable _heat;
    IModelToken private immutable _token;
    uint256 private immutable _blockReward;
    uint256 private immutable _halvingBlocks;
    uint256 private immutable _bestBasisPoints;
    uint256 private immutable _modelsBasisPoints;
    uint256 private immutable _attestersBasisPoints;
    uint256 private immutable _dataBasisPoints;
    uint256 private immutable _heatBest;
    uint256 private immutable _heatModel;
    uint256 private immutable _heatAttestation;

    /// @dev Bit i is reveal i, the best model's too.
    mapping(uint32 round => uint256 bitmap) private _claimedVoices;
    mapping(uint32 round => uint256 bitmap) private _claimedData;
    mapping(uint32 round => mapping(address account => bool)) private _claimedAttestations;

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _modelTransactions = contracts.modelTransactions;
        _attestations = contracts.attestations;
        _dataRegistry = contracts.dataRegistry;
        _heat = contracts.heat;
        _token = contracts.token;
        Parameters memory values = contracts.parameters.get();
        _blockReward = values.blockReward;
        _halvingBlocks = values.halvingBlocks;
        _bestBasisPoints = values.bestBasisPoints;
        _modelsBasisPoints = values.modelsBasisPoints;
        _attestersBasisPoints = values.attestersBasisPoints;
        _dataBasisPoints = values.dataBasisPoints;
        _heatBest = values.heatBest;
        _heatModel = values.heatModel;
        _heatAttestation = values.heatAttestation;
    }

    // ---- claims ------------------------------------------------------------------------------------------------

    /// @inheritdoc IRewards
    function claimBest(uint32 round) external {
        IModelChain.Payout memory payout = _modelChain.payoutOf(round);
        if (payout.voices == 0) revert NothingToClaim(round);
        if (_isVoiceClaimed(round, payout.bestReveal)) revert AlreadyClaimed(round);
        _payVoice(payout, round, payout.bestReveal);
    }

    /// @inheritdoc IRewards
    function claimVoice(uint32 round, uint32 index) external {
        IModelChain.Payout memory payout = _modelChain.payoutOf(round);
        if (!Bits.has(payout.voices, index) || index == payout.bestReveal) revert NothingToClaim(round);
        if (_isVoiceClaimed(round, index)) revert AlreadyClaimed(round);
        _payVoice(payout, round, index);
    }

    /// @inheritdoc IRewards
    function claimAttestation(uint32 round, address account) external {
        IModelChain.Payout memory payout = _modelChain.payoutOf(round);
        if (!_isBehind(payout, round, account)) revert NothingToClaim(round);
        if (_claimedAttestations[round][account]) revert AlreadyClaimed(round);
        _payAttestation(payout, round, account);
    }

    /// @inheritdoc IRewards
    function claimRounds(address account, RoundClaim[] calldata claims) external {
        bool isPaid = false;
        uint32 round = 0;
        for (uint256 i = 0; i < claims.length; ++i) {
            round = claims[i].round;
            uint32 index = claims[i].index;
            IModelChain.Payout memory payout = _modelChain.payoutOf(round);
            if (
                Bits.has(payout.voices, index) && !_isVoiceClaimed(round, index)
                    && _modelTransactions.revealAt(round, index).account == account
            ) {
                _payVoice(payout, round, index);
                isPaid = true;
            }
            if (!_claimedAttestations[round][account] && _isBehind(payout, round, account)) {
                _payAttestation(payout, round, account);
                isPaid = true;
            }
        }
        if (!isPaid) revert NothingToClaim(round);
    }

    /// @inheritdoc IRewards
    function claimData(IDataRegistry.DataRecord calldata record, uint32 index) external {
        uint32 round = record.round;
        if (!_dataRegistry.isRecorded(record, index)) {
            revert UnknownData(round, index, _dataRegistry.identify(record));
        }
        IModelChain.Payout memory payout = _modelChain.payoutOf(round);
        if (!Bits.has(payout.dataSet, index)) revert NothingToClaim(round);
        if (Bits.has(_claimedData[round], index)) revert AlreadyClaimed(round);
        _claimedData[round] |= 1 << index;
        uint256 amount = _part(payout, _dataBasisPoints, Bits.count(payout.dataSet));
        emit DataRewarded(round, record.rewardAddress, index, amount);
        _token.mint(record.rewardAddress, amount);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IRewards
    function rewardOf(uint32 blockNumber) public view returns (uint256) {
        return Pots.ofBlock(blockNumber, _blockReward, _halvingBlocks);
    }

    /// @inheritdoc IRewards
    function isBestClaimed(uint32 round) external view returns (bool) {
        return Bits.has(_claimedVoices[round], _modelChain.payoutOf(round).bestReveal);
    }

    /// @inheritdoc IRewards
    function claimedVoices(uint32 round) external view returns (uint256 bitmap) {
        return _claimedVoices[round];
    }

    /// @inheritdoc IRewards
    function isAttestationClaimed(uint32 round, address account) external view returns (bool) {
        return _claimedAttestations[round][account];
    }

    /// @inheritdoc IRewards
    function claimedData(uint32 round) external view returns (uint256 bitmap) {
        return _claimedData[round];
    }

    // ---- how a claim is paid -----------------------------------------------------------------------------------

    function _isVoiceClaimed(uint32 round, uint32 index) private view returns (bool) {
        return Bits.has(_claimedVoices[round], index);
    }

    function _isBehind(IModelChain.Payout memory payout, uint32 round, address account) private view returns (bool) {
        return payout.number != 0 && _attestations.attestationOf(round, account).statement == payout.statement;
    }

    function _payVoice(IModelChain.Payout memory payout, uint32 round, uint32 index) private {
        _claimedVoices[round] |= 1 << index;
        address account = _modelTransactions.revealAt(round, index).account;
        if (index == payout.bestReveal) {
            uint256 amount = _part(payout, _bestBasisPoints, 1);
            emit BestRewarded(round, account, amount);
            _pay(round, account, amount, _heatBest);
        } else {
            uint256 amount = _part(payout, _modelsBasisPoints, Bits.count(payout.voices) - 1);
            emit VoiceRewarded(round, account, amount);
            _pay(round, account, amount, _heatModel);
        }
    }

    function _payAttestation(IModelChain.Payout memory payout, uint32 round, address account) private {
        _claimedAttestations[round][account] = true;
        uint256 amount = _part(payout, _attestersBasisPoints, payout.attestations);
        emit AttesterRewarded(round, account, amount);
        _pay(round, account, amount, _heatAttestation);
    }

    function _part(IModelChain.Payout memory payout, uint256 basisPoints, uint256 parts)
        private
        view
        returns (uint256)
    {
        return Pots.part(Pots.ofIdle(rewardOf(payout.number), payout.idle), basisPoints, parts);
    }

    function _pay(uint32 round, address account, uint256 amount, uint256 heat) private {
        _heat.gain(account, heat, round);
        _token.mint(account, amount);
    }
}
