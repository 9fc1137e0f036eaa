// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {BitcoinRelay} from "../../../contracts/BitcoinRelay.sol";
import {DataRegistry} from "../../../contracts/DataRegistry.sol";
import {Heat} from "../../../contracts/Heat.sol";
import {KeyRegistry} from "../../../contracts/KeyRegistry.sol";
import {ModelChain} from "../../../contracts/ModelChain.sol";
import {ModelToken} from "../../../contracts/ModelToken.sol";
import {ProtocolParameters} from "../../../contracts/ProtocolParameters.sol";
import {Settings} from "../../../contracts/interfaces/IBitcoinRelay.sol";
import {Parameters} from "../../../contracts/interfaces/IProtocolParameters.sol";
import {Mined, Miner} from "./Miner.sol";
import {smallParameters, tokenCap} from "./SmallParameters.sol";
import {Test, draw} from "./Test.sol";

/// @notice All contracts, wired as a deployment wires them, some accounts, and Bitcoin headers.
abstract contract Deployment is Test {
    using Miner for Mined[];

    uint256 public constant ACCOUNTS = 6;
    uint256 public constant GENESIS_ACCOUNTS = 4;
    uint32 private constant START = 1_700_000_000;

    BitcoinRelay public relay;
    Heat public heat;
    KeyRegistry public keys;
    DataRegistry public data;
    ModelToken public token;
    ModelChain public chain;

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
        uint64 nonce = vm.getNonce(address(this));
        address chainAddress = vm.computeCreateAddress(address(this), nonce + 6);
        ProtocolParameters given = new ProtocolParameters(p);
        relay = new BitcoinRelay(Miner.rules(), Settings(64, 32, 1, 60), headers.start(START));
        heat = new Heat(given, chainAddress);
        keys = new KeyRegistry(given, chainAddress, address(heat));
        data = new DataRegistry(given, address(relay), address(keys), chainAddress);
        token = new ModelToken(chainAddress, tokenCap(p));
        chain = new ModelChain(
            given, address(relay), address(keys), address(data), address(heat), address(token), genesis
        );
        vm.assertEq(address(chain), chainAddress, "the contracts were told another address");
    }

    function account(uint256 number) public pure returns (address) {
        return address(uint160(0xA000 + number));
    }

    function parameters() external view returns (Parameters memory) {
        return p;
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
        relay.submit(batch);
    }
}
