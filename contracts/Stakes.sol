// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IStakes} from "./interfaces/IStakes.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";

/// @title What accounts have at stake: the part of membership that holds ether.
abstract contract Stakes is IStakes {
    IAttestations private immutable _attestations;
    address private immutable _modelTransactions;
    address private immutable _blockProduction;
    address private immutable _disputes;
    uint256 private immutable _stake;
    uint256 private immutable _modelBurn;
    uint256 private immutable _challengeReward;

    mapping(address account => Stake) internal _stakes;

    /// @param contracts all contracts of the deployment
    /// @param values the parameters
    constructor(Contracts memory contracts, Parameters memory values) {
        _attestations = contracts.attestations;
        _modelTransactions = address(contracts.modelTransactions);
        _blockProduction = address(contracts.blockProduction);
        _disputes = address(contracts.disputes);
        _stake = values.stake;
        _modelBurn = values.modelBurn;
        _challengeReward = values.challengeReward;
    }

    // ---- of accounts -------------------------------------------------------------------------------------------

    /// @inheritdoc IStakes
    function addStake() external payable {
        _addStake();
    }

    /// @inheritdoc IStakes
    function withdrawStake() external {
        uint256 amount = _stakes[msg.sender].amount;
        if (amount == 0) revert NothingStaked(msg.sender);
        uint32 freeFrom = stakeFreeFrom(msg.sender);
        uint32 collecting = _collectingRound();
        if (collecting < freeFrom) revert StakeLocked(msg.sender, freeFrom, collecting);
        // Before the call: an account that comes back in finds nothing.
        _stakes[msg.sender].amount = 0;
        emit StakeReturned(msg.sender, amount);
        _attestations.dropStanding(msg.sender);
        (bool paid,) = msg.sender.call{value: amount}("");
        if (!paid) revert TransferFailed(msg.sender, amount);
    }

    // ---- called by the protocol --------------------------------------------------------------------------------

    /// @inheritdoc IStakes
    function act(address account, uint32 round) external {
        if (msg.sender != _modelTransactions && msg.sender != address(_attestations)) revert NotProtocol(msg.sender);
        Stake storage stake = _stakes[account];
        _requireFull(account, stake.amount);
        if (round > stake.lastRound) stake.lastRound = round;
    }

    /// @inheritdoc IStakes
    function burn(address account) external {
        if (msg.sender != _modelTransactions && msg.sender != _blockProduction) revert NotProtocol(msg.sender);
        uint96 left = _stakes[account].amount;
        uint96 burned = _modelBurn < left ? uint96(_modelBurn) : left;
        left -= burned;
        _stakes[account].amount = left;
        emit StakeBurned(account, burned, left);
        if (burned != 0) _attestations.dropStanding(account);
    }

    /// @inheritdoc IStakes
    function confiscate(address[] calldata accounts) external returns (uint256 taken, uint256 reward) {
        if (msg.sender != address(_attestations)) revert NotAttestations(msg.sender, address(_attestations));
        for (uint256 i; i < accounts.length; ++i) {
            uint96 amount = _stakes[accounts[i]].amount;
            _stakes[accounts[i]].amount = 0;
            taken += amount;
            emit StakeConfiscated(accounts[i], amount);
            _attestations.dropStanding(accounts[i]);
        }
        // Whoever shows that its own statement is false loses at least half.
        reward = taken / 2 < _challengeReward ? taken / 2 : _challengeReward;
        if (reward == 0) return (taken, 0);
        (bool paid,) = _disputes.call{value: reward}("");
        if (!paid) revert TransferFailed(_disputes, reward);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IStakes
    function hasFullStake(address account) external view returns (bool) {
        return _stakes[account].amount >= _stake;
    }

    /// @inheritdoc IStakes
    function stakeOf(address account) external view returns (Stake memory) {
        return _stakes[account];
    }

    /// @inheritdoc IStakes
    function stakeFreeFrom(address account) public view virtual returns (uint32 round);

    // ---- how it is done ----------------------------------------------------------------------------------------

    /// @dev Adds what was sent to the sender's stake.
    function _addStake() internal returns (uint256 amount) {
        amount = _stakes[msg.sender].amount + msg.value;
        if (amount > _stake) revert StakeExceeded(amount, _stake);
        if (msg.value == 0) return amount;
        // At most the full stake, which the parameters hold to 96 bits.
        _stakes[msg.sender].amount = uint96(amount);
        emit StakeAdded(msg.sender, msg.value, amount);
    }

    function _requireFull(address account, uint256 amount) internal view {
        if (amount < _stake) revert StakeNotFull(account, amount, _stake);
    }

    /// @dev The round that collects.
    function _collectingRound() internal view virtual returns (uint32);
}
