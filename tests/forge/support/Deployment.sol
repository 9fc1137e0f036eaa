// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Attestations} from "../../../contracts/Attestations.sol";
import {BitcoinRelay} from "../../../contracts/BitcoinRelay.sol";
import {BlockProduction} from "../../../contracts/BlockProduction.sol";
import {DataRegistry} from "../../../contracts/DataRegistry.sol";
import {Disputes} from "../../../contracts/Disputes.sol";
import {Heat} from "../../../contracts/Heat.sol";
import {Membership} from "../../../contracts/Membership.sol";
import {ModelChain} from "../../../contracts/ModelChain.sol";
import {ModelToken} from "../../../contracts/ModelToken.sol";
import {ModelTransactions} from "../../../contracts/ModelTransactions.sol";
import {ProtocolParameters} from "../../../contracts/ProtocolParameters.sol";
import {Rewards} from "../../../contracts/Rewards.sol";
import {Contracts} from "../../../contracts/interfaces/Contracts.sol";
import {Settings} from "../../../contracts/interfaces/IBitcoinRelay.sol";
import {Parameters} from "../../../contracts/interfaces/IProtocolParameters.sol";
import {ProductJudge} from "../../../contracts/test/ProductJudge.sol";
import {Mined, Miner} from "./Miner.sol";
import {smallParameters, tokenCap} from "./SmallParameters.sol";
import {Test, draw} from "./Test.sol";

/// @notice All contracts, wired as a deployment wires them, some accounts, and Bitcoin headers.
abstract contract Deployment is Test {
    using Miner for Mined[];

    uint256 public constant ACCOUNTS = 6;
    uint256 public constant GENESIS_ACCOUNTS = 4;
    uint32 private constant START = 1_700_000_000;

    Contracts public contracts;

    Parameters internal p;
    Mined[] internal headers;

    constructor() {
        p = smallParameters();
        address[] memory genesis = new address[](GENESIS_ACCOUNTS);
        for (uint256 i = 0; i < ACCOUNTS; ++i) {
            vm.deal(account(i), 1_000_000 ether);
            if (i < GENESIS_ACCOUNTS) genesis[i] = account(i);
        }
        reach(START + 2 hours);
        contracts.parameters = new ProtocolParameters(p);
        contracts.relay = new BitcoinRelay(Miner.rules(), Settings(64, 32, 1, 60), headers.start(START));
        contracts.judge = new ProductJudge();
        contracts.membership = Membership(_created(0));
        contracts.dataRegistry = DataRegistry(_created(1));
        contracts.modelChain = ModelChain(_created(2));
        contracts.modelTransactions = ModelTransactions(_created(3));
        contracts.attestations = Attestations(_created(4));
        contracts.disputes = Disputes(payable(_created(5)));
        contracts.blockProduction = BlockProduction(_created(6));
        contracts.rewards = Rewards(_created(7));
        contracts.heat = Heat(_created(8));
        contracts.token = ModelToken(_created(9));
        address last = _created(9);
        new Membership(contracts, genesis);
        new DataRegistry(contracts);
        new ModelChain(contracts, "task");
        new ModelTransactions(contracts);
        new Attestations(contracts);
        new Disputes(contracts);
        new BlockProduction(contracts);
        new Rewards(contracts);
        new Heat(contracts);
        ModelToken token = new ModelToken(address(contracts.rewards), tokenCap(p));
        vm.assertEq(address(token), last, "the contracts were told other addresses");
    }

    function account(uint256 number) public pure returns (address) {
        return address(uint160(0xA000 + number));
    }

    function parameters() external view returns (Parameters memory) {
        return p;
    }

    function deployed() external view returns (Contracts memory) {
        return contracts;
    }

    /// @notice Mines headers and relays them; the clock runs on.
    function mineHeaders(uint256 seed, uint256 count) internal {
        bytes memory batch;
        for (uint256 i = 0; i < count; ++i) {
            reach(clock + draw(seed, 2 * i) % 900);
            uint32 earliest = headers.medianTimePast(headers.length - 1) + 1;
            uint32 time = uint32(clock - 300 + draw(seed, 2 * i + 1) % 600);
            batch = bytes.concat(batch, headers.extend(time > earliest ? time : earliest, draw(seed, i)));
        }
        contracts.relay.submit(batch);
    }

    /// @dev Address of the contract that is created after so many others.
    function _created(uint256 later) private view returns (address) {
        return vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + later);
    }
}
