// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IHeat} from "./interfaces/IHeat.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IProtocolParameters, Parameters} from "./interfaces/IProtocolParameters.sol";

/// @title Heat by account, as IHeat describes it.
contract Heat is IHeat {
    using SafeCast for uint256;

    /// @dev Heat as it was when the model chain's head had this number; what faded since is computed when read.
    struct Holding {
        uint32 blockNumber;
        uint224 heat;
    }

    uint256 private constant WHOLE = 10_000; // basis points

    IModelChain private immutable _modelChain;
    uint256 private immutable _keptBasisPoints; // of an account's heat, with each block appended
    uint256 private immutable _baseKeys;
    uint256 private immutable _maximumKeys;
    uint256 private immutable _keyStep;

    mapping(address account => Holding) private _holdings;

    /// @param parameters the protocol's parameters, deployed already
    /// @param modelChain its address is fixed here, but it may be deployed later
    constructor(IProtocolParameters parameters, address modelChain) {
        Parameters memory values = parameters.get();
        _modelChain = IModelChain(modelChain);
        _keptBasisPoints = WHOLE - values.heatFadeBasisPoints;
        _baseKeys = values.baseKeys;
        _maximumKeys = values.maximumKeys;
        _keyStep = values.keyStep;
    }

    /// @inheritdoc IHeat
    function gain(address account, uint256 amount) external {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        uint32 number = _headNumber();
        uint256 heat = _faded(_holdings[account], number) + amount;
        _holdings[account] = Holding({blockNumber: number, heat: heat.toUint224()});
        emit HeatGained(account, amount, heat);
    }

    /// @inheritdoc IHeat
    function heatOf(address account) public view returns (uint256) {
        return _faded(_holdings[account], _headNumber());
    }

    /// @inheritdoc IHeat
    function keyQuota(address account) external view returns (uint256) {
        return Math.min(_baseKeys + heatOf(account) / _keyStep, _maximumKeys);
    }

    function _headNumber() private view returns (uint32 number) {
        (number,,) = _modelChain.head();
    }

    /// @dev heat * kept / 10,000, rounded down once for each block since. Rounding down takes at least 1 each time, so
    /// the loop ends at no heat, after about 10,000 / fade * ln(heat) blocks at most, however long the absence: the
    /// parameters hold the fade to 1 % at least. A product of 224 and 14 bits does not overflow.
    function _faded(Holding memory holding, uint32 number) private view returns (uint256 heat) {
        heat = holding.heat;
        uint256 kept = _keptBasisPoints;
        unchecked {
            for (uint256 i = holding.blockNumber; i < number && heat != 0; ++i) {
                heat = heat * kept / WHOLE;
            }
        }
    }
}
