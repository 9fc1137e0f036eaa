// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {IMembership} from "../interfaces/IMembership.sol";
import {IModelChain} from "../interfaces/IModelChain.sol";

/// @notice The part of a model chain that Membership, DataRegistry and Heat see, set by hand, so that their tests reach
/// every round and phase without playing whole rounds.
contract ModelChainHarness {
    struct Position {
        uint32 round;
        IModelChain.Phase phase;
    }

    Position public currentPhase;
    uint32 public collectingRound;

    event RoundOpened(uint32 round, uint32 epoch, uint32 members);

    function setPhase(uint32 round, IModelChain.Phase phase) external {
        currentPhase = Position(round, phase);
    }

    function setCollectingRound(uint32 round) external {
        collectingRound = round;
    }

    function start(IMembership membership, IDataRegistry dataRegistry, address[] calldata accounts) external {
        membership.start(accounts);
        dataRegistry.openRound(1);
        collectingRound = 1;
    }

    function openRound(IMembership membership, IDataRegistry dataRegistry) external {
        uint32 round = ++collectingRound;
        (uint32 epoch, uint32 members) = membership.openRound(round);
        dataRegistry.openRound(round);
        emit RoundOpened(round, epoch, members);
    }
}
