// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Contracts} from "./interfaces/Contracts.sol";
import {IHeat} from "./interfaces/IHeat.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";

/// @title Heat by account, as IHeat describes it.
contract Heat is IHeat {
    using SafeCast for uint256;

    /// @dev Heat as it was when this round collected; what faded since is computed when read.
    struct Holding {
        uint32 round;
        uint224 heat;
    }

    uint256 private constant WHOLE = 10_000; // basis points

    IModelChain private immutable _modelChain;
    address private immutable _rewards;
    uint256 private immutable _keptBasisPoints; // of an account's heat, with each round that closes

    mapping(address account => Holding) private _holdings;

    /// @param contracts the deployment's; only the parameters have to be deployed already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _rewards = address(contracts.rewards);
        _keptBasisPoints = WHOLE - contracts.parameters.get().heatFadeBasisPoints;
    }

    /// @inheritdoc IHeat
    function gain(address account, uint256 amount, uint32 round) external {
        if (msg.sender != _rewards) revert NotRewards(msg.sender, _rewards);
        uint32 collecting = _modelChain.collectingRound();
        Holding memory holding = _holdings[account];
        uint256 heat = _faded(holding.heat, holding.round, collecting) + _faded(amount, round, collecting);
        _holdings[account] = Holding({round: collecting, heat: heat.toUint224()});
        emit HeatGained(account, round, amount, heat);
    }

    /// @inheritdoc IHeat
    function heatOf(address account) external view returns (uint256) {
        Holding memory holding = _holdings[account];
        if (holding.heat == 0) return 0;
        return _faded(holding.heat, holding.round, _modelChain.collectingRound());
    }

    /// @dev heat * kept / 10,000, rounded down once for each round since. Rounding down takes at least 1 each time, so
    /// the loop ends at no heat, after about 10,000 / fade * ln(heat) rounds at most, however long the absence: the
    /// parameters hold the fade to 1 % at least. A product of 224 and 14 bits does not overflow.
    function _faded(uint256 heat, uint256 since, uint256 collecting) private view returns (uint256) {
        uint256 kept = _keptBasisPoints;
        unchecked {
            for (uint256 round = since; round < collecting && heat != 0; ++round) {
                heat = heat * kept / WHOLE;
            }
        }
        return heat;
    }
}
