// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IDataRegistry} from "../interfaces/IDataRegistry.sol";
import {IHeat} from "../interfaces/IHeat.sol";
import {IKeyRegistry} from "../interfaces/IKeyRegistry.sol";
import {IModelChain} from "../interfaces/IModelChain.sol";

/// @notice The part of a model chain that the registries and heat see, set by hand, so that their tests reach every
/// round, phase and block without playing whole rounds.
contract ModelChainHarness {
    struct Position {
        uint32 round;
        IModelChain.Phase phase;
    }

    Position public currentPhase;
    mapping(address account => bool) public isGenesisAccount;
    mapping(address account => bool) public hadValidModel;
    uint32 private _blockNumber;

    function setBlockNumber(uint32 number) external {
        _blockNumber = number;
    }

    function setPhase(uint32 round, IModelChain.Phase phase) external {
        currentPhase = Position(round, phase);
    }

    function setGenesisAccount(address account, bool value) external {
        isGenesisAccount[account] = value;
    }

    function setHadValidModel(address account, bool value) external {
        hadValidModel[account] = value;
    }

    function openRound(IKeyRegistry keyRegistry, IDataRegistry dataRegistry, uint32 round) external {
        keyRegistry.openRound(round);
        dataRegistry.openRound(round);
    }

    function take(IDataRegistry dataRegistry, uint32 height, uint64 endArrival)
        external
        returns (uint64 firstItem, uint64 endItem, uint40 decision, bytes24 bitcoinHash)
    {
        return dataRegistry.take(height, endArrival);
    }

    function gain(IHeat heat, address account, uint256 amount) external {
        heat.gain(account, amount);
    }

    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash) {
        return (_blockNumber, 0, 0);
    }
}
