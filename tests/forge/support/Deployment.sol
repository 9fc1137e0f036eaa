// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Attestations} from "../../../contracts/Attestations.sol";
import {BitcoinRelay} from "../../../contracts/BitcoinRelay.sol";
import {BlockProduction} from "../../../contracts/BlockProduction.sol";
import {DataRegistry} from "../../../contracts/DataRegistry.sol";
import {Heat} from "../../../contracts/Heat.sol";
import {Membership} from "../../../contracts/Membership.sol";
import {ModelChain} from "../../../contracts/ModelChain.sol";
import {ModelToken} from "../../../contracts/ModelToken.sol";
import {ModelTransactions} from "../../../contracts/ModelTransactions.sol";
import {ProtocolParameters} from "../../../contracts/ProtocolParameters.sol";
import {Rewards} from "../../../contracts/Rewards.sol";
import {Contracts} from "../../../contracts/interfaces/Contracts.sol";
import {IAttestations} from "../../../contracts/interfaces/IAttestations.sol";
import {Settings} from "../../../contracts/interfaces/IBitcoinRelay.sol";
import {IBitcoinRelay} from "../../../contracts/interfaces/IBitcoinRelay.sol";
import {IBlockProduction} from "../../../contracts/interfaces/IBlockProduction.sol";
import {IDataRegistry} from "../../../contracts/interfaces/IDataRegistry.sol";
import {IHeat} from "../../../contracts/interfaces/IHeat.sol";
import {IMembership} from "../../../contracts/interfaces/IMembership.sol";
import {IModelChain} from "../../../contracts/interfaces/IModelChain.sol";
import {IModelToken} from "../../../contracts/interfaces/IModelToken.sol";
import {IModelTransactions} from "../../../contracts/interfaces/IModelTransactions.sol";
import {Parameters} from "../../../contracts/interfaces/IProtocolParameters.sol";
import {IRewards} from "../../../contracts/interfaces/IRewards.sol";
import {Mined, Miner} from "./Miner.sol";
import {smallParameters, tokenCap} from "./SmallParameters.sol";
import {Test, draw} from "./Test.sol";

/// @notice All contracts, wired as a deployment wires them, some accounts, and Bitcoin headers.
abstract contract Deployment is Test {
    using Miner for Mined[];

    uint256 public constant ACCOUNTS = 8;
    uint256 public constant GENESIS_ACCOUNTS = 4;
    uint32 internal constant CONFIRMATIONS = 1;
    uint32 internal constant BUFFER_SECONDS = 60;
    uint32 private constant START = 1_700_000_000;

    Parameters internal p;
    Contracts internal contracts;
    Mined[] internal headers;

    constructor() {
        p = smallParameters();
        for (uint256 i; i < ACCOUNTS; ++i) {
            vm.deal(account(i), 1_000_000 ether);
        }
        reach(START + 2 hours);
        contracts.parameters = new ProtocolParameters(p);
        contracts.relay =
            new BitcoinRelay(Miner.rules(), Settings(512, 144, CONFIRMATIONS, BUFFER_SECONDS), headers.start(START));
        _expectAddresses();
        _deploy();
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
        for (uint256 i; i < count; ++i) {
            reach(clock + draw(seed, 2 * i) % 900);
            uint32 earliest = headers.medianTimePast(headers.length - 1) + 1;
            uint32 time = uint32(clock - 300 + draw(seed, 2 * i + 1) % 600);
            batch = bytes.concat(batch, headers.extend(time > earliest ? time : earliest, draw(seed, i)));
        }
        contracts.relay.submit(batch);
    }

    /// @dev The addresses of what `_deploy` creates next, in its order.
    function _expectAddresses() private {
        uint64 nonce = vm.getNonce(address(this));
        address[9] memory next;
        for (uint256 i; i < next.length; ++i) {
            next[i] = vm.computeCreateAddress(address(this), nonce + i);
        }
        contracts.membership = IMembership(next[0]);
        contracts.dataRegistry = IDataRegistry(next[1]);
        contracts.modelChain = IModelChain(next[2]);
        contracts.modelTransactions = IModelTransactions(next[3]);
        contracts.attestations = IAttestations(next[4]);
        contracts.blockProduction = IBlockProduction(next[5]);
        contracts.rewards = IRewards(next[6]);
        contracts.heat = IHeat(next[7]);
        contracts.token = IModelToken(next[8]);
    }

    function _deploy() private {
        address[] memory genesis = new address[](GENESIS_ACCOUNTS);
        for (uint256 i; i < GENESIS_ACCOUNTS; ++i) {
            genesis[i] = account(i);
        }
        Contracts memory all = contracts;
        new Membership(all, genesis);
        new DataRegistry(all);
        new ModelChain(all, keccak256("task"));
        new ModelTransactions(all);
        new Attestations(all);
        new BlockProduction(all);
        new Rewards(all);
        new Heat(all);
        address token = address(new ModelToken(address(all.rewards), tokenCap(p)));
        vm.assertEq(token, address(all.token), "the contracts were told other addresses");
    }
}
