// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../../../contracts/interfaces/IAttestations.sol";
import {IDisputeLedger} from "../../../contracts/interfaces/IDisputeLedger.sol";
import {IDisputes} from "../../../contracts/interfaces/IDisputes.sol";
import {Competing} from "./Competing.sol";
import {draw} from "./Test.sol";

/// @notice Accounts that question the statement whose rows nothing stands behind: nobody can answer, and it falls.
abstract contract Disputing is Competing {
    uint256 public bonded; // wei that went in with questions
    uint256 public paid; // wei that came out when they were settled

    /// @dev Asks about a row, at the bond that is due; now and then at another one.
    function ask(uint256 seed, address by) internal {
        uint32 round = contracts.modelChain.competition().round;
        bytes32 statement = _statement(round);
        (, uint32 reveals) = contracts.modelTransactions.counts(round);
        uint32 row = uint32(draw(seed, 0) % (reveals + 1));
        IDisputes disputes = contracts.disputes;
        uint256 before = address(disputes).balance;
        uint256 bond = disputes.bondOf(round, statement, by, IDisputeLedger.Stage.Questions);
        if (draw(seed, 1) % 5 == 0) ++bond;
        // Before: reading the chain would be the call that is made in the account's name.
        IAttestations.Row[] memory rows = table(round);
        vm.prank(by);
        try disputes.ask{value: bond}(statement, rows, IDisputeLedger.Kind.Row, row) {}
        catch {
            return;
        }
        vm.assertEq(address(disputes).balance, before + bond, "the bond");
        bonded += bond;
    }

    /// @dev What is settled pays the asker the bond back, and one of a statement's the reward too.
    function settle(uint256 seed) internal {
        uint32 round = uint32(draw(seed, 0) % (contracts.modelChain.competition().round + 1));
        IDisputes disputes = contracts.disputes;
        uint32 question = uint32(draw(seed, 1) % (disputes.counts(round).questions + 1));
        IDisputeLedger.Question memory asked = disputes.questionAt(round, question);
        uint256 before = asked.asker.balance;
        try disputes.settle(round, question) {
            uint256 got = asked.asker.balance - before;
            vm.assertLe(asked.bond, got, "the bond is not back");
            vm.assertLe(got, asked.bond + p.challengeReward, "more than bond and reward");
            paid += got;
        } catch {
            bool isOpen = asked.asker != address(0) && !asked.settled;
            vm.assertTrue(!isOpen || round == contracts.modelChain.competition().round, "a bond is stuck");
        }
    }
}
