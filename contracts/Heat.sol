// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Contracts} from "./interfaces/Contracts.sol";
import {IHeat} from "./interfaces/IHeat.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {Fading} from "./libraries/Fading.sol";

/// @title Heat by account, as IHeat describes it.
contract Heat is IHeat {
    using SafeCast for uint256;

    /// @dev Heat as it was when this round collected; what faded since is computed when read.
    struct Holding {
        uint32 round;
        uint224 heat;
    }

    IModelChain private immutable _modelChain;
    address private immutable _rewards;
    uint256 private immutable _fadeBasisPoints;

    mapping(address account => Holding) private _holdings;

    /// @param contracts the deployment's; only the parameters have to be deployed already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _rewards = address(contracts.rewards);
        _fadeBasisPoints = contracts.parameters.get().heatFadeBasisPoints;
    }

    /// @inheritdoc IHeat
    function gain(address account, uint256 amount, uint32 round) external {
        if (msg.sender != _rewards) revert NotRewards(msg.sender, _rewards);
        uint32 collecting = _modelChain.collectingRound();
        Holding memory holding = _holdings[account];
        uint256 heat = Fading.faded(holding.heat, collecting - holding.round, _fadeBasisPoints)
            + Fading.faded(amount, collecting - round, _fadeBasisPoints);
        _holdings[account] = Holding({round: collecting, heat: heat.toUint224()});
        emit HeatGained(account, round, amount, heat);
    }

    /// @inheritdoc IHeat
    function heatOf(address account) external view returns (uint256) {
        Holding memory holding = _holdings[account];
        if (holding.heat == 0) return 0;
        return Fading.faded(holding.heat, _modelChain.collectingRound() - holding.round, _fadeBasisPoints);
    }
}
