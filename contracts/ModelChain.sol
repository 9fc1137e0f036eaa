// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "./interfaces/IModelChain.sol";
import {IProtocolParameters} from "./interfaces/IProtocolParameters.sol";
import {Attestations} from "./modelchain/Attestations.sol";
import {BlockProduction} from "./modelchain/BlockProduction.sol";
import {Claims} from "./modelchain/Claims.sol";
import {ModelChainState} from "./modelchain/ModelChainState.sol";
import {ModelTransactions} from "./modelchain/ModelTransactions.sol";
import {RoundClock} from "./modelchain/RoundClock.sol";

/// @title The model chain. Its parts stand in modelchain/; here are only the wiring and the views.
contract ModelChain is RoundClock, ModelTransactions, Attestations, BlockProduction, Claims {
    /// @notice Genesis accounts at most: start() looks at each.
    uint256 public constant MAXIMUM_GENESIS_ACCOUNTS = 256;

    /// @param parameters_ the protocol's parameters, deployed already
    /// @param relay_ gives the tip and the Bitcoin hashes; deployed, as are those that follow, before start is called
    /// @param keyRegistry_ holds the share keys
    /// @param dataRegistry_ holds the items
    /// @param heat_ lets this contract grant heat
    /// @param token_ lets this contract mint
    /// @param genesisAccounts_ who attests while too few have standing; at most MAXIMUM_GENESIS_ACCOUNTS, each once
    constructor(
        IProtocolParameters parameters_,
        address relay_,
        address keyRegistry_,
        address dataRegistry_,
        address heat_,
        address token_,
        address[] memory genesisAccounts_
    ) ModelChainState(parameters_, relay_, keyRegistry_, dataRegistry_, heat_, token_) {
        uint256 count = genesisAccounts_.length;
        if (count > MAXIMUM_GENESIS_ACCOUNTS) revert TooManyGenesisAccounts(count, MAXIMUM_GENESIS_ACCOUNTS);
        for (uint256 i = 0; i < count; ++i) {
            address account = genesisAccounts_[i];
            if (_isGenesis[account]) revert DuplicateGenesisAccount(account);
            _isGenesis[account] = true;
        }
        _genesisAccounts = genesisAccounts_;
    }

    /// @inheritdoc IModelChain
    function collection() external view returns (Collection memory) {
        return _collection;
    }

    /// @inheritdoc IModelChain
    function competition() external view returns (Competition memory) {
        return _competition;
    }

    /// @inheritdoc IModelChain
    function closedRound(uint32 round) external view returns (ClosedRound memory) {
        return _rounds[round];
    }

    /// @inheritdoc IModelChain
    function collectingRound() external view returns (uint32) {
        return _collection.round;
    }

    /// @inheritdoc IModelChain
    function currentPhase() external view returns (uint32 round, Phase phase) {
        return (_competition.round, _competition.phase);
    }

    /// @inheritdoc IModelChain
    function head() external view returns (uint32 number, bytes32 blockHash, bytes32 modelHash) {
        number = _headNumber;
        return (number, _blockHashes[number], _headModel);
    }

    /// @inheritdoc IModelChain
    function blockAt(uint32 number) external view returns (Block memory) {
        if (number > _headNumber) revert NoSuchBlock(number);
        return _blocks[number];
    }

    /// @inheritdoc IModelChain
    function blockHashAt(uint32 number) external view returns (bytes32) {
        if (number > _headNumber) revert NoSuchBlock(number);
        return _blockHashes[number];
    }

    /// @inheritdoc IModelChain
    function commitmentOf(uint32 round, address account) external view returns (Commitment memory) {
        return _commitments[round][account];
    }

    /// @inheritdoc IModelChain
    function revealAt(uint32 round, uint32 index) external view returns (bytes32) {
        return _reveals[round][index];
    }

    /// @inheritdoc IModelChain
    function attestationOf(uint32 round, address account)
        external
        view
        returns (bytes32 commitment, bytes32 statement, bool claimed)
    {
        AttestationRecord storage entry = _attestations[round][account];
        return (entry.commitment, entry.statement, entry.claimed);
    }

    /// @inheritdoc IModelChain
    function support(uint32 round, bytes32 statement) external view returns (uint256) {
        return _support[round][statement];
    }

    /// @inheritdoc IModelChain
    function isGenesisAccount(address account) external view returns (bool) {
        return _isGenesis[account];
    }

    /// @inheritdoc IModelChain
    function isAttester(address account) external view returns (bool) {
        return _isAttester(account);
    }

    /// @inheritdoc IModelChain
    function hadValidModel(address account) external view returns (bool) {
        return _hadValidModel[account];
    }

    /// @inheritdoc IModelChain
    function standingUntil(address account) external view returns (uint32) {
        return _standing.until[account];
    }

    /// @inheritdoc IModelChain
    function requiredScore(uint256 baseline, uint256 testSamples) external view returns (uint256) {
        return _requiredScore(baseline, testSamples);
    }

    /// @inheritdoc IModelChain
    function genesisAccounts() external view returns (address[] memory) {
        return _genesisAccounts;
    }
}
