// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IModelChain} from "./IModelChain.sol";

/// @title The errors of the model chain. Each names what was wrong, and carries what was compared.
/// @notice Rounds are numbered from 1, heights are Bitcoin's, times are seconds since 1970 on the EVM's clock, bonds
/// are wei.
interface IModelChainErrors {
    /// @notice Deployment: a genesis account is named twice.
    /// @param account that account
    error DuplicateGenesisAccount(address account);

    /// @notice Deployment: there are more genesis accounts than start can look at.
    /// @param count accounts given
    /// @param maximum accounts allowed: 256
    error TooManyGenesisAccounts(uint256 count, uint256 maximum);

    /// @notice The chain was started before.
    error AlreadyStarted();

    /// @notice The chain was not started yet.
    error NotStarted();

    /// @notice The chain cannot start: too few genesis accounts have registered share keys.
    /// @param members genesis accounts that have
    /// @param minimum `minimumStanding`
    error TooFewGenesisMembers(uint256 members, uint256 minimum);

    /// @notice The chain cannot start: the keys active in round 1 do not fill a ring.
    /// @param keys how many they are
    /// @param minimum `minimumRing`
    error TooFewKeys(uint256 keys, uint256 minimum);

    /// @notice The call belongs to another phase.
    /// @param current phase of the round in competition, or of the last one that was
    /// @param required phase in which the call is accepted
    error WrongPhase(IModelChain.Phase current, IModelChain.Phase required);

    /// @notice The phase may not end yet: both clocks must have come far enough.
    /// @param endHeight what the relay's tip must reach
    /// @param tip the relay's tip
    /// @param earliest what the EVM's clock must reach
    /// @param blockTimestamp timestamp of the EVM's block
    error PhaseNotOver(uint32 endHeight, uint32 tip, uint256 earliest, uint256 blockTimestamp);

    /// @notice No round competes, and the collecting one may not close yet: it has neither reached its target nor
    /// collected for `maximumCollectHeights`, or a pending item must be partitioned first.
    error NothingToAdvance();

    /// @notice In round 1 only genesis accounts with share keys may commit to a model.
    /// @param account who tried
    error OnlyGenesisInFirstRound(address account);

    /// @notice A commitment came with more or less ether than its bond.
    /// @param sent wei that came
    /// @param required wei that were due: `modelBond` with an account's first commitment in a round, else 0
    error WrongModelBond(uint256 sent, uint256 required);

    /// @notice All places that the account may take are taken.
    /// @param commitments places taken: by accounts outside the frozen set or, for an attester, by all accounts
    /// @param maximum places there are: what `maximumModels` leaves beside the frozen set or, for an attester, all
    error TooManyModels(uint256 commitments, uint256 maximum);

    /// @notice A commitment is zero, which stands for none.
    error EmptyCommitment();

    /// @notice The account has no commitment to open: to a model, or to an attestation that was not opened yet.
    /// @param round the round in competition
    /// @param account who tried
    error NotCommitted(uint32 round, address account);

    /// @notice A model transaction is not revealed by its own account.
    /// @param account the account that the model transaction names
    /// @param caller who called
    error NotYourModel(address account, address caller);

    /// @notice The account has revealed its model in this round.
    /// @param round the round in competition
    /// @param account that account
    error AlreadyRevealed(uint32 round, address account);

    /// @notice What is revealed, with this salt, is not what was committed to.
    /// @param committed the commitment
    /// @param revealed the commitment that would have fitted
    error CommitmentMismatch(bytes32 committed, bytes32 revealed);

    /// @notice The account does not belong to the frozen set.
    /// @param round the round in competition
    /// @param account who tried
    error NotAttester(uint32 round, address account);

    /// @notice A report names nothing.
    error NothingReported();

    /// @notice A report names more than one report may.
    /// @param count items or models named
    /// @param maximum how many may be: 1024
    error TooManyReported(uint256 count, uint256 maximum);

    /// @notice A report names what is not there: an item outside the round, or a model that was not revealed.
    /// @param value item number or reveal index that was named
    /// @param end the first one past the round's
    error ReportOutOfRange(uint256 value, uint256 end);

    /// @notice A score table is not the one that the majority attested.
    /// @param statement the statement that it hashes to
    /// @param majority the majority's statement
    error NotTheMajority(bytes32 statement, bytes32 majority);

    /// @notice There is not one model transaction, or not one score, for each reveal.
    /// @param given how many there are
    /// @param revealed models revealed in the round
    error RevealCountMismatch(uint256 given, uint256 revealed);

    /// @notice A model transaction is not the one that was revealed at its position.
    /// @param index the position, counted from 0
    /// @param given identifier of the model transaction that was brought
    /// @param revealed identifier of the one that was revealed
    error RevealMismatch(uint256 index, bytes32 given, bytes32 revealed);

    /// @notice A model that is not valid is ranked.
    /// @param index its reveal index
    /// @param score its attested score; 0 if there is no such reveal
    /// @param required the score that a valid model must reach; a model may have it and fail by another condition
    error NotValid(uint256 index, uint256 score, uint256 required);

    /// @notice The ranking does not have as many models as are valid.
    /// @param ranked models ranked
    /// @param valid models valid
    error NotRanked(uint256 ranked, uint256 valid);

    /// @notice A model does not rank strictly behind the one before it: by score, then by the earlier commitment.
    /// @param position its position in the ranking, counted from 0
    error WrongRanking(uint256 position);

    /// @notice There is no such block, or it is the genesis block, which pays nothing.
    /// @param number the number that was given
    error NoSuchBlock(uint256 number);

    /// @notice Nothing is due to the account for this round: it earned nothing, was paid, or its bond is burned.
    /// @param round the round that was given
    /// @param account the account that was given
    error NothingToClaim(uint32 round, address account);

    /// @notice The item is not proven to lie in the block's data set.
    /// @param index its position among the leaves, as given
    /// @param root the block's data root
    error ProofInvalid(uint256 index, bytes32 root);

    /// @notice The item at this position of the block's data set was paid.
    /// @param blockNumber the block
    /// @param index the position
    error AlreadyClaimed(uint256 blockNumber, uint256 index);

    /// @notice All test items that the block states are claimed: its data root holds more.
    /// @param blockNumber the block
    /// @param testItems test items that it states
    error TooManyTestItems(uint256 blockNumber, uint256 testItems);

    /// @notice The bond is locked for K rounds (`standingRounds`).
    /// @param round the round of the commitment
    /// @param untilRound last round in which its bond is locked
    /// @param current the round in competition, or the last one that was
    error BondLocked(uint32 round, uint32 untilRound, uint32 current);

    /// @notice The account did not accept the ether.
    /// @param account who was to be paid
    /// @param amount wei
    error TransferFailed(address account, uint256 amount);
}
