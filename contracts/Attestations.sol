// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IAttestations} from "./interfaces/IAttestations.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IModelChain} from "./interfaces/IModelChain.sol";
import {IModelTransactions} from "./interfaces/IModelTransactions.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {BitCounts} from "./libraries/BitCounts.sol";
import {Bits} from "./libraries/Bits.sol";
import {Standing} from "./libraries/Standing.sol";
import {Statements} from "./libraries/Statements.sol";
import {Tags} from "./libraries/Tags.sol";

/// @title Standing, reports and statements, as IAttestations describes them.
contract Attestations is IAttestations {
    using BitCounts for BitCounts.Counts;
    using Standing for Standing.Ledger;

    /// @dev What an account did in a round.
    struct Reported {
        bool data;
        bool models;
    }

    /// @dev A statement that was opened; its supporters are in _supporters.
    struct Opened {
        uint32 supporters;
        bool fallen;
    }

    /// @dev At most this fraction of the attesters' number gains standing anew in a round.
    uint32 private constant NEW_FRACTION = 4;

    /// @dev A genesis account.
    struct Genesis {
        uint32 round; // last round that it attests in as such
        uint32 opened; // genesis tick of the last of them in which it opened a statement
    }

    IModelChain private immutable _modelChain;
    IModelTransactions private immutable _modelTransactions;
    IMembership private immutable _membership;
    address private immutable _disputes;
    address private immutable _blockProduction;
    bool private immutable _hasJudge;
    uint256 private immutable _minimumStanding;
    uint32 private immutable _standingRounds;

    Standing.Ledger private _standing;
    uint32 private _genesisTick; // rounds counted in which genesis accounts attested
    mapping(address account => Genesis) private _genesis;
    mapping(uint32 round => mapping(address account => Reported)) private _reported;
    mapping(uint32 round => BitCounts.Counts) private _dataReports;
    mapping(uint32 round => BitCounts.Counts) private _modelReports;
    mapping(uint32 round => mapping(address account => Attestation)) private _attestations;
    mapping(uint32 round => bytes32[]) private _statements;
    mapping(uint32 round => mapping(bytes32 statement => Opened)) private _opened;
    mapping(uint32 round => mapping(bytes32 statement => mapping(uint256 index => address))) private _supporters;
    mapping(uint32 round => uint32) private _attesters; // frozen; only where the task has no judge

    /// @param contracts all contracts of the deployment; of these only the parameters have to be there already
    constructor(Contracts memory contracts) {
        _modelChain = contracts.modelChain;
        _modelTransactions = contracts.modelTransactions;
        _membership = contracts.membership;
        _disputes = address(contracts.disputes);
        _blockProduction = address(contracts.blockProduction);
        _hasJudge = address(contracts.judge) != address(0);
        Parameters memory values = contracts.parameters.get();
        _minimumStanding = values.minimumStanding;
        _standingRounds = uint32(values.standingRounds);
        _standing.tick = 1;
    }

    modifier onlyModelChain() {
        if (msg.sender != address(_modelChain)) revert NotModelChain(msg.sender, address(_modelChain));
        _;
    }

    modifier onlyBlockProduction() {
        if (msg.sender != _blockProduction) revert NotBlockProduction(msg.sender, _blockProduction);
        _;
    }

    // ---- reports -----------------------------------------------------------------------------------------------

    /// @inheritdoc IAttestations
    function reportData(uint256 bitmap) external {
        uint32 round = _requireAttester(IModelChain.Phase.Report).round;
        if (_reported[round][msg.sender].data) revert AlreadyReported(round, msg.sender);
        _reported[round][msg.sender].data = true;
        _requireBelow(bitmap, _modelChain.closedRound(round).data);
        _dataReports[round].add(bitmap);
        emit DataReported(round, msg.sender, bitmap);
    }

    /// @inheritdoc IAttestations
    function reportModels(uint256 bitmap) external {
        uint32 round = _requireAttester(IModelChain.Phase.Available).round;
        if (_reported[round][msg.sender].models) revert AlreadyReported(round, msg.sender);
        _reported[round][msg.sender].models = true;
        (, uint32 reveals) = _modelTransactions.counts(round);
        _requireBelow(bitmap, reveals);
        _modelReports[round].add(bitmap);
        emit ModelsReported(round, msg.sender, bitmap);
    }

    // ---- statements --------------------------------------------------------------------------------------------

    /// @inheritdoc IAttestations
    function commitAttestation(bytes32 commitment) external {
        uint32 round = _requireAttester(IModelChain.Phase.Attest).round;
        if (commitment == 0) revert EmptyCommitment();
        _membership.act(msg.sender, round);
        _attestations[round][msg.sender].commitment = commitment;
        emit AttestationCommitted(round, msg.sender, commitment);
    }

    /// @inheritdoc IAttestations
    function openStatement(Row[] calldata rows, bytes32 salt) external {
        uint32 round = _requirePhase(IModelChain.Phase.AttestReveal).round;
        IModelChain.ClosedRound memory closed = _modelChain.closedRound(round);
        _requireRows(rows, round, closed.missing);
        bytes32 statement = Statements.statement(address(_modelChain), round, closed.dataRoot, rows);
        if (_opened[round][statement].supporters == 0) {
            _statements[round].push(statement);
            emit StatementOpened(round, statement, rows);
        }
        _open(round, statement, salt);
    }

    /// @inheritdoc IAttestations
    function openAttestation(bytes32 statement, bytes32 salt) external {
        uint32 round = _requirePhase(IModelChain.Phase.AttestReveal).round;
        if (_opened[round][statement].supporters == 0) revert StatementUnknown(statement);
        _open(round, statement, salt);
    }

    /// @dev Who committed was an attester, and is one still.
    function _open(uint32 round, bytes32 statement, bytes32 salt) private {
        Attestation storage entry = _attestations[round][msg.sender];
        bytes32 committed = entry.commitment;
        if (committed == 0) revert NotCommitted(round, msg.sender);
        bytes32 opened =
            keccak256(abi.encode(Tags.ATTEST, block.chainid, _modelChain, round, msg.sender, statement, salt));
        if (opened != committed) revert CommitmentMismatch(committed, opened);
        entry.commitment = 0;
        entry.statement = statement;
        _standing.open(msg.sender, round, statement);
        if (_genesis[msg.sender].round == round) _genesis[msg.sender].opened = _genesisTick;
        uint32 supporters = ++_opened[round][statement].supporters;
        _supporters[round][statement][supporters - 1] = msg.sender;
        emit AttestationOpened(round, msg.sender, statement, supporters);
    }

    /// @inheritdoc IAttestations
    function fall(uint32 round, bytes32 statement) external returns (uint256 taken, uint256 reward) {
        if (msg.sender != _disputes) revert NotDisputes(msg.sender, _disputes);
        Opened storage entry = _opened[round][statement];
        entry.fallen = true;
        address[] memory accounts = new address[](entry.supporters);
        for (uint256 i; i < accounts.length; ++i) {
            accounts[i] = _supporters[round][statement][i];
        }
        return _membership.confiscate(accounts);
    }

    // ---- standing ----------------------------------------------------------------------------------------------

    /// @inheritdoc IAttestations
    function enrol(address account) external {
        if (msg.sender != address(_modelTransactions)) {
            revert NotModelTransactions(msg.sender, address(_modelTransactions));
        }
        _standing.enrol(account);
    }

    /// @inheritdoc IAttestations
    function freeze(uint32 round, uint32 epoch)
        external
        onlyModelChain
        returns (uint32 attesters, IModelChain.Electorate electorate)
    {
        (attesters, electorate) = _freeze(round, epoch);
        if (!_hasJudge) _attesters[round] = attesters;
    }

    /// @inheritdoc IAttestations
    function countRound() external onlyModelChain {
        _standing.countRound();
        if (_modelChain.competition().electorate == IModelChain.Electorate.Genesis) ++_genesisTick;
    }

    /// @inheritdoc IAttestations
    function keepStanding(uint32 round, bytes32 statement) external onlyBlockProduction {
        _standing.keep(round, statement, _standingRounds);
        emit StandingKept(round, statement);
    }

    /// @inheritdoc IAttestations
    function dropStanding(address account) external {
        if (msg.sender != address(_membership)) revert NotMembership(msg.sender, address(_membership));
        if (_standing.drop(account)) emit StandingLost(account);
    }

    /// @inheritdoc IAttestations
    function grantStanding(uint32 round, address[] calldata accounts) external onlyBlockProduction {
        uint32 places = _modelChain.competition().attesters / NEW_FRACTION;
        address[] memory granted = _standing.grant(accounts, _standingRounds, places == 0 ? 1 : places);
        uint32 endTick = _standing.tick + _standingRounds;
        for (uint256 i; i < granted.length; ++i) {
            emit StandingGained(round, granted[i], endTick);
        }
    }

    function _freeze(uint32 round, uint32 epoch)
        private
        returns (uint32 attesters, IModelChain.Electorate electorate)
    {
        attesters = _standing.freeze();
        if (attesters >= _minimumStanding) return (attesters, IModelChain.Electorate.Standing);
        attesters += _callGenesis(round);
        if (attesters != 0) return (attesters, IModelChain.Electorate.Genesis);
        return (_membership.memberCount(epoch), IModelChain.Electorate.Members);
    }

    /// @dev The genesis accounts that attest beside those with standing: with a full stake, and not lapsed. Returns
    /// how many have no standing.
    function _callGenesis(uint32 round) private returns (uint32 called) {
        address[] memory accounts = _membership.genesisAccounts();
        for (uint256 i; i < accounts.length; ++i) {
            Genesis storage entry = _genesis[accounts[i]];
            if (_genesisTick - entry.opened >= _standingRounds) continue;
            if (!_membership.hasFullStake(accounts[i])) continue;
            // Those with standing too: what they open keeps them from lapsing.
            entry.round = round;
            if (!_standing.has(accounts[i])) ++called;
        }
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IAttestations
    function isAttester(uint32 round, address account) external view returns (bool) {
        IModelChain.Competition memory current = _modelChain.competition();
        return round == current.round && current.phase < IModelChain.Phase.Final && _attests(current, account);
    }

    /// @inheritdoc IAttestations
    function standingEnd(address account) external view returns (uint32) {
        return _standing.endOf(account);
    }

    /// @inheritdoc IAttestations
    function ticks() external view returns (uint32 tick, uint32 frozen) {
        return (_standing.tick, _standing.frozen);
    }

    /// @inheritdoc IAttestations
    function standingCount() external view returns (uint32) {
        return _standing.count;
    }

    /// @inheritdoc IAttestations
    function attestationOf(uint32 round, address account) external view returns (Attestation memory) {
        return _attestations[round][account];
    }

    /// @inheritdoc IAttestations
    function hasReportedData(uint32 round, address account) external view returns (bool) {
        return _reported[round][account].data;
    }

    /// @inheritdoc IAttestations
    function hasReportedModels(uint32 round, address account) external view returns (bool) {
        return _reported[round][account].models;
    }

    /// @inheritdoc IAttestations
    function dataOut(uint32 round) external view returns (uint256 bitmap) {
        return _dataReports[round].reported();
    }

    /// @inheritdoc IAttestations
    function modelsOut(uint32 round) external view returns (uint256 bitmap) {
        return _modelReports[round].reported();
    }

    /// @inheritdoc IAttestations
    function support(uint32 round, bytes32 statement) external view returns (uint32) {
        return _opened[round][statement].supporters;
    }

    /// @inheritdoc IAttestations
    function statementsOf(uint32 round) external view returns (bytes32[] memory) {
        return _statements[round];
    }

    /// @inheritdoc IAttestations
    function hasFallen(uint32 round, bytes32 statement) external view returns (bool) {
        return _opened[round][statement].fallen;
    }

    /// @inheritdoc IAttestations
    function standing(uint32 round) external view returns (bytes32 statement) {
        bytes32[] storage statements = _statements[round];
        uint256 count = statements.length;
        uint32 most = _hasJudge ? 0 : _attesters[round] / 2;
        for (uint256 i; i < count; ++i) {
            Opened memory entry = _opened[round][statements[i]];
            if (entry.fallen || entry.supporters <= most) continue;
            (statement, most) = (statements[i], entry.supporters);
        }
    }

    /// @inheritdoc IAttestations
    function statementOf(uint32 round, bytes32 dataRoot, Row[] calldata rows) external view returns (bytes32) {
        return Statements.statement(address(_modelChain), round, dataRoot, rows);
    }

    // ---- checks ------------------------------------------------------------------------------------------------

    function _requirePhase(IModelChain.Phase required) private view returns (IModelChain.Competition memory current) {
        current = _modelChain.competition();
        if (current.phase != required) revert WrongPhase(uint8(current.phase), uint8(required));
    }

    function _requireAttester(IModelChain.Phase required)
        private
        view
        returns (IModelChain.Competition memory current)
    {
        current = _requirePhase(required);
        if (!_attests(current, msg.sender)) revert NotAttester(current.round, msg.sender);
    }

    /// @dev Whether an account belongs to the frozen attesters of the round in competition.
    function _attests(IModelChain.Competition memory current, address account) private view returns (bool) {
        if (current.round == 0) return false;
        if (current.electorate == IModelChain.Electorate.Members) {
            return _membership.isMember(_membership.epochOf(current.round), account);
        }
        return _standing.has(account) || _genesis[account].round == current.round;
    }

    function _requireBelow(uint256 bitmap, uint32 count) private pure {
        if (bitmap >> count != 0) revert ReportOutOfRange(bitmap, count);
    }

    /// @dev One row for the baseline and for each model.
    function _requireRows(Row[] calldata rows, uint32 round, uint256 missing) private view {
        (, uint32 reveals) = _modelTransactions.counts(round);
        if (rows.length != uint256(reveals) + 1) revert WrongRowCount(rows.length, uint256(reveals) + 1);
        (,, bytes32 best) = _modelChain.head();
        if ((rows[0].hash == 0) != (best == 0)) revert WrongBaselineRow();
        for (uint256 i; i < rows.length; ++i) {
            Row calldata row = rows[i];
            if (row.hash == 0) {
                bool isEmpty = row.middle == 0 && row.net == 0 && row.spread == 0 && row.repeats == 0;
                if (!isEmpty) revert RowNotEmpty(uint32(i));
            } else if (i != 0 && Bits.has(missing, i - 1)) {
                revert MissingRowNotEmpty(uint32(i - 1));
            }
        }
    }
}
