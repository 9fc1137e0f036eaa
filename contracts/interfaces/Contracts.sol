// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "./IAttestations.sol";
import {IBitcoinRelay} from "./IBitcoinRelay.sol";
import {IBlockProduction} from "./IBlockProduction.sol";
import {IDataRegistry} from "./IDataRegistry.sol";
import {IDisputes} from "./IDisputes.sol";
import {IHeat} from "./IHeat.sol";
import {IJudge} from "./IJudge.sol";
import {IMembership} from "./IMembership.sol";
import {IModelChain} from "./IModelChain.sol";
import {IModelToken} from "./IModelToken.sol";
import {IModelTransactions} from "./IModelTransactions.sol";
import {IProtocolParameters} from "./IProtocolParameters.sol";
import {IRewards} from "./IRewards.sol";

/// @notice All contracts of one deployment. Every one is told all addresses when it is deployed; they follow from the
/// deployer's nonces, so that contracts may refer to others that are deployed later.
/// @param parameters the protocol's parameters; the only one that has to be deployed before the others
/// @param relay Bitcoin's headers
/// @param membership members, epochs and stakes
/// @param dataRegistry data transactions
/// @param modelChain rounds and blocks
/// @param modelTransactions models and their votes
/// @param attestations standing, reports and statements
/// @param disputes takes false statements down
/// @param blockProduction makes a block from a statement
/// @param rewards what a block paid
/// @param heat reputation
/// @param token what rewards are paid in
/// @param judge the task's, which is no part of the deployment's rules; 0: the task has none
struct Contracts {
    IProtocolParameters parameters;
    IBitcoinRelay relay;
    IMembership membership;
    IDataRegistry dataRegistry;
    IModelChain modelChain;
    IModelTransactions modelTransactions;
    IAttestations attestations;
    IDisputes disputes;
    IBlockProduction blockProduction;
    IRewards rewards;
    IHeat heat;
    IModelToken token;
    IJudge judge;
}
