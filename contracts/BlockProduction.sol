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
import {ComparedVoices} from "./libraries/ComparedVoices.sol";
import {Judging} from "./libraries/Judging.sol";
import {Statements} from "./libraries/Statements.sol";
import {Votes} from "./libraries/Votes.sol";

/// @title From the statement that stands to a block, as IBlockProduction describes it.
contract BlockProduction is IBlockProduction {
    /// @dev A round's models by reveal index: see IModelTransactions.revealed.
    struct Revealed {
        address[] accounts;
        uint256[] orders;
        bytes32[] ids;
        uint256 agreeing;
    }

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
        bytes32 statement = Statements.statement(address(_modelChain), round, closed.dataRoot, rows);
        bytes32 standing = _attestations.standing(round);
        if (statement != standing) revert NotTheStatement(statement, standing);

        IModelChain.Block memory produced;
        produced.statement = statement;
        produced.attestations = _attestations.support(round, statement);
        produced.dataRoot = closed.dataRoot;
        _decide(produced, round, closed, rows);
        _modelChain.append(produced);
    }

    /// @dev There is one row for each reveal: who opened the statement first brought them.
    function _decide(
        IModelChain.Block memory produced,
        uint32 round,
        IModelChain.ClosedRound memory closed,
        IAttestations.Row[] memory rows
    ) private {
        Revealed memory models;
        (models.accounts, models.orders, models.ids, models.agreeing) = _modelTransactions.revealed(round);
        (, bytes32 headHash, bytes32 headModel) = _modelChain.head();
        uint256 burned = _burn(round, rows, models.accounts);

        uint32[] memory ranking = Judging.rank(rows, models.orders, _required(round, closed));
        uint32[] memory voices = Judging.voices(rows, ranking, headModel != 0);
        emit RoundDecided(round, _bitmap(ranking), voices);

        Votes.Outcome memory outcome =
            Votes.count(_ballots(round, voices, models, closed.dataRoot, headHash), closed.dataRoot, headHash);
        produced.voices = uint32(voices.length);
        produced.dataVoteRoot = outcome.dataVoteRoot;
        produced.blockVoteRoot = outcome.blockVoteRoot;
        if (outcome.isQuiet) {
            produced.modelHash = headModel;
            _attestations.keepStanding(round, produced.statement);
            return;
        }
        uint32 best = voices[outcome.best];
        produced.bestReveal = best;
        produced.bestModel = models.ids[best];
        produced.modelHash = _modelTransactions.revealAt(round, best).modelHash;
        produced.paidVoices = _bitmap(voices) & models.agreeing;
        _grantStanding(round, voices, models.accounts, models.agreeing & ~burned);
    }

    function _burn(uint32 round, IAttestations.Row[] memory rows, address[] memory accounts)
        private
        returns (uint256 burned)
    {
        uint64 baseline = rows[0].middle;
        for (uint256 i; i < accounts.length; ++i) {
            if (!Judging.burns(rows[i + 1], baseline, _burnBasisPoints)) continue;
            burned |= 1 << i;
            _membership.burn(accounts[i]);
            emit ModelBurned(round, accounts[i], uint32(i));
        }
    }

    /// @dev The agreeing voices' accounts gain it, best first, but for those whose stake is not full any more.
    function _grantStanding(uint32 round, uint32[] memory voices, address[] memory all, uint256 entitled) private {
        address[] memory accounts = new address[](voices.length);
        uint256 filled;
        for (uint256 i; i < voices.length; ++i) {
            if (!Bits.has(entitled, voices[i])) continue;
            // Whoever lost its stake with a statement has nothing behind what it would attest.
            if (_membership.hasFullStake(all[voices[i]])) accounts[filled++] = all[voices[i]];
        }
        assembly ("memory-safe") {
            // Shortens the array to what is filled: a copy would cost as much as the array again. Safe: it only ever
            // gets shorter than what was allocated.
            mstore(accounts, filled)
        }
        _attestations.grantStanding(round, accounts);
    }

    /// @inheritdoc IBlockProduction
    function comparedVoices(uint32 round, IAttestations.Row[] calldata rows, uint256 row)
        external
        view
        returns (uint32[] memory)
    {
        IModelChain.ClosedRound memory closed = _modelChain.closedRound(round);
        (, uint256[] memory orders,,) = _modelTransactions.revealed(round);
        (,, bytes32 best) = _modelChain.head();
        return ComparedVoices.find(rows, row, orders, _required(round, closed), best != 0);
    }

    /// @dev B for the round.
    function _required(uint32 round, IModelChain.ClosedRound memory closed) private view returns (uint256) {
        (uint32 commitments,) = _modelTransactions.counts(round);
        return Judging.required(
            _significance, _hostileAllowance, _triesAllowance, Bits.count(closed.dataSet), closed.trim, commitments
        );
    }

    function _ballots(uint32 round, uint32[] memory voices, Revealed memory models, bytes32 dataRoot, bytes32 headHash)
        private
        view
        returns (Votes.Ballot[] memory ballots)
    {
        ballots = new Votes.Ballot[](voices.length);
        for (uint256 i; i < voices.length; ++i) {
            Votes.Ballot memory ballot = ballots[i];
            ballot.id = models.ids[voices[i]];
            (ballot.dataRoot, ballot.previousBlock) = Bits.has(models.agreeing, voices[i])
                ? (dataRoot, headHash)
                : _modelTransactions.otherVotesOf(round, voices[i]);
        }
    }

    function _bitmap(uint32[] memory indices) private pure returns (uint256 bitmap) {
        for (uint256 i; i < indices.length; ++i) {
            bitmap |= 1 << indices[i];
        }
    }
}
