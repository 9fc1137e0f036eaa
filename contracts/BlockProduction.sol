// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IBlockProduction} from "./interfaces/IBlockProduction.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {Bits} from "./libraries/Bits.sol";
import {Judging} from "./libraries/Judging.sol";
import {Statements} from "./libraries/Statements.sol";
import {Votes} from "./libraries/Votes.sol";

/// @title From the statement that stands to a block, as IBlockProduction describes it.
contract BlockProduction is IBlockProduction {
    IModelChain private immutable _modelChain;
    IModelTransactions private immutable _modelTransactions;
    IAttestations private immutable _attestations;
    IMembership private immutable _membership;
    uint256 private immutable _significance;
    uint256 private immutable _hostileAllowance;
    uint256 private immutable _triesAllowance;
    uint256 private immutable _burnBasisPoints;

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _modelTransactions = contracts.modelTransactions;
        _attestations = contracts.attestations;
        _membership = contracts.membership;
        Parameters memory values = contracts.parameters.get();
        _significance = values.significance;
        _hostileAllowance = values.hostileAllowance;
        _triesAllowance = values.triesAllowance;
        _burnBasisPoints = values.burnBasisPoints;
    }

    /// @inheritdoc IBlockProduction
    function finalize(IAttestations.Row[] calldata rows) external {
        (uint32 round, IModelChain.Phase phase) = _modelChain.currentPhase();
        if (phase != IModelChain.Phase.Finalize) {
            revert WrongPhase(uint8(phase), uint8(IModelChain.Phase.Finalize));
        }
        IModelChain.ClosedRound memory closed = _modelChain.closedRound(round);
        IAttestations.Row[] memory table = rows;
        bytes32 statement = Statements.statement(address(_modelChain), round, closed.dataRoot, table);
        bytes32 standing = _attestations.majorityOf(round);
        if (statement != standing) revert NotTheStatement(statement, standing);

        // One row for each reveal: who opened the statement first brought them.
        IModelTransactions.Reveal[] memory reveals = _modelTransactions.revealsOf(round);
        _burn(round, table, reveals);
        (, bytes32 headHash, bytes32 headModel) = _modelChain.head();
        uint32[] memory ranking = Judging.rank(table, _orders(reveals), _required(round, closed));
        uint32[] memory voices = Judging.voices(table, ranking, headModel != 0);
        emit RoundDecided(round, _bitmap(ranking), voices);
        Votes.Ballot[] memory ballots = _ballots(round, voices, reveals, closed.dataRoot, headHash);
        Votes.Outcome memory outcome = Votes.count(ballots, closed.dataRoot, headHash);

        IModelChain.Block memory produced;
        produced.voices = uint32(voices.length);
        produced.attestations = _attestations.support(round, statement);
        produced.dataVoteRoot = outcome.dataVoteRoot;
        produced.blockVoteRoot = outcome.blockVoteRoot;
        produced.dataRoot = closed.dataRoot;
        produced.statement = statement;
        produced.modelHash = headModel;
        if (!outcome.isQuiet) {
            uint32 best = voices[outcome.best];
            produced.bestReveal = best;
            produced.bestModel = reveals[best].id;
            produced.modelHash = reveals[best].modelHash;
            produced.paidVoices = _pay(round, voices, reveals, outcome.agreeing);
        }
        _modelChain.append(produced);
    }

    /// @dev The agreeing voices' bitmap; their accounts gain standing, best first.
    function _pay(
        uint32 round,
        uint32[] memory voices,
        IModelTransactions.Reveal[] memory reveals,
        uint256 agreeing
    ) private returns (uint256 bitmap) {
        address[] memory accounts = new address[](agreeing);
        uint256 filled;
        for (uint256 i; i < voices.length; ++i) {
            IModelTransactions.Reveal memory reveal = reveals[voices[i]];
            if (!(reveal.namesData && reveal.namesHead)) continue;
            bitmap |= 1 << voices[i];
            accounts[filled++] = reveal.account;
        }
        _attestations.grantStanding(round, accounts);
    }

    function _burn(uint32 round, IAttestations.Row[] memory rows, IModelTransactions.Reveal[] memory reveals) private {
        uint64 baseline = rows[0].middle;
        for (uint256 i; i < reveals.length; ++i) {
            if (!Judging.burns(rows[i + 1], baseline, _burnBasisPoints)) continue;
            _membership.burn(reveals[i].account);
            emit ModelBurned(round, reveals[i].account, uint32(i));
        }
    }

    /// @dev B for the round.
    function _required(uint32 round, IModelChain.ClosedRound memory closed) private view returns (uint256) {
        (uint32 commitments,) = _modelTransactions.counts(round);
        return Judging.required(
            _significance,
            _hostileAllowance,
            _triesAllowance,
            Bits.count(closed.dataSet),
            closed.trim,
            commitments
        );
    }

    function _ballots(
        uint32 round,
        uint32[] memory voices,
        IModelTransactions.Reveal[] memory reveals,
        bytes32 dataRoot,
        bytes32 headHash
    ) private view returns (Votes.Ballot[] memory ballots) {
        ballots = new Votes.Ballot[](voices.length);
        for (uint256 i; i < voices.length; ++i) {
            IModelTransactions.Reveal memory reveal = reveals[voices[i]];
            ballots[i] = Votes.Ballot(reveal.id, dataRoot, headHash);
            if (reveal.namesData && reveal.namesHead) continue;
            (ballots[i].dataRoot, ballots[i].previousBlock) = _modelTransactions.otherVotesOf(round, voices[i]);
        }
    }

    function _orders(IModelTransactions.Reveal[] memory reveals) private pure returns (uint256[] memory orders) {
        orders = new uint256[](reveals.length);
        for (uint256 i; i < orders.length; ++i) {
            orders[i] = reveals[i].order;
        }
    }

    function _bitmap(uint32[] memory indices) private pure returns (uint256 bitmap) {
        for (uint256 i; i < indices.length; ++i) {
            bitmap |= 1 << indices[i];
        }
    }
}
