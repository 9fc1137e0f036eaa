// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Contracts} from "./interfaces/Contracts.sol";
import {IBitcoinRelay} from "./interfaces/IBitcoinRelay.sol";
import {IHeat} from "./interfaces/IHeat.sol";
import {IMembership} from "./interfaces/IMembership.sol";
import {IStakes} from "./interfaces/IStakes.sol";
import {Parameters} from "./interfaces/IProtocolParameters.sol";
import {CodeStorage} from "./libraries/CodeStorage.sol";
import {Draw} from "./libraries/Draw.sol";
import {ShareKeys} from "./libraries/ShareKeys.sol";
import {Stakes} from "./Stakes.sol";

/// @title Members, epochs and stakes, as IMembership describes them.
contract Membership is IMembership, Stakes {
    /// @dev Whoever applied with a share key; with the key by account that is an Application.
    struct Applicant {
        uint32 number;
        bool warm;
    }

    /// @dev Which round collects, in which epoch.
    struct Clock {
        uint32 epoch;
        uint32 round;
        bool genesisIsWarm;
    }

    address private immutable _modelChain;
    IBitcoinRelay private immutable _relay;
    IHeat private immutable _heat;
    uint256 private immutable _epochRounds;
    uint256 private immutable _maximumMembers;
    uint256 private immutable _minimumRing;
    uint256 private immutable _warmHeat;
    uint256 private immutable _standingRounds;
    uint256 private immutable _startSeconds;

    /// @inheritdoc IMembership
    uint40 public immutable deployedAt;

    Clock private _clock;
    address[] private _genesisAccounts;
    mapping(uint32 epoch => Epoch) private _epochs;
    mapping(uint32 epoch => mapping(address account => uint256)) private _keys;
    mapping(uint32 epoch => mapping(uint256 key => Applicant)) private _applicants;

    /// @inheritdoc IMembership
    mapping(address account => bool) public isGenesisAccount;

    /// @dev Reverts with TooFewMembers, TooManyGenesisAccounts or DuplicateGenesisAccount.
    /// @param contracts the deployment's; only the parameters have to be deployed already
    /// @param accounts the genesis accounts: from `minimumRing` to `maximumMembers`, pairwise different
    constructor(Contracts memory contracts, address[] memory accounts) Stakes(contracts, contracts.parameters.get()) {
        Parameters memory values = contracts.parameters.get();
        if (accounts.length < values.minimumRing) revert TooFewMembers(accounts.length, values.minimumRing);
        if (accounts.length > values.maximumMembers) {
            revert TooManyGenesisAccounts(accounts.length, values.maximumMembers);
        }
        _modelChain = address(contracts.modelChain);
        _relay = contracts.relay;
        _heat = contracts.heat;
        _epochRounds = values.epochRounds;
        _maximumMembers = values.maximumMembers;
        _minimumRing = values.minimumRing;
        _warmHeat = values.warmHeat;
        _standingRounds = values.standingRounds;
        _startSeconds = values.startSeconds;
        deployedAt = uint40(block.timestamp);
        _clock.genesisIsWarm = true;
        _genesisAccounts = accounts;
        for (uint256 i; i < accounts.length; ++i) {
            if (isGenesisAccount[accounts[i]]) revert DuplicateGenesisAccount(accounts[i]);
            isGenesisAccount[accounts[i]] = true;
        }
    }

    modifier onlyModelChain() {
        if (msg.sender != _modelChain) revert NotModelChain(msg.sender, _modelChain);
        _;
    }

    // ---- applications ------------------------------------------------------------------------------------------

    /// @inheritdoc IMembership
    function applyFor(uint32 epoch, uint256 key, Possession calldata proof) external payable {
        uint32 open = openEpoch();
        if (epoch != open) revert WrongEpoch(epoch, open);
        if (open == 1 && !isGenesisAccount[msg.sender]) revert OnlyGenesisBeforeStart(msg.sender);
        if (_keys[epoch][msg.sender] != 0) revert AlreadyApplied(epoch, msg.sender);
        if (_applicants[epoch][key].number != 0) revert KeyUsed(epoch, key);
        ShareKeys.verifyPossession(_modelChain, msg.sender, epoch, key, proof.challenge, proof.response);
        _requireFull(msg.sender, _addStake());

        bool ownWarm = _heat.heatOf(msg.sender) >= _warmHeat;
        bool warm = ownWarm || (_clock.genesisIsWarm && isGenesisAccount[msg.sender]);
        Epoch storage applied = _epochs[epoch];
        uint32 number = warm ? ++applied.warm : ++applied.cold;
        if (ownWarm) ++applied.ownWarm;
        _keys[epoch][msg.sender] = key;
        _applicants[epoch][key] = Applicant({number: number, warm: warm});
        _stakes[msg.sender].lastEpoch = epoch;
        emit Applied(epoch, msg.sender, key, warm, number, applied.ownWarm);
    }

    /// @inheritdoc IMembership
    function seedDraw(uint32 height) external {
        (uint32 epoch, Epoch storage next) = _frozen();
        uint40 frozenAt = next.frozenAt;
        uint32 tip = _relay.tip();
        if (height > tip) revert HeightNotConfirmed(height, tip);
        uint40 decision = _relay.decisionTime(height);
        uint40 previous = _relay.decisionTime(height - 1);
        if (decision <= frozenAt || previous > frozenAt) revert WrongDrawHeight(height, previous, decision, frozenAt);
        if (decision > block.timestamp) revert DecisionAhead(height, decision, block.timestamp);
        bytes32 seed = Draw.seed(_modelChain, epoch, _relay.blockHash(height));
        next.seed = seed;
        emit DrawSeeded(epoch, height, seed);
    }

    /// @inheritdoc IMembership
    function renewDraw() external {
        (uint32 epoch, Epoch storage next) = _frozen();
        uint40 frozenAt = next.frozenAt;
        uint32 lowest = _relay.lowestHeight();
        uint40 decision = _relay.decisionTime(lowest);
        if (decision <= frozenAt) revert DrawNotLost(lowest, decision, frozenAt);
        next.frozenAt = uint40(block.timestamp);
        emit DrawRenewed(epoch, next.frozenAt);
    }

    /// @inheritdoc IMembership
    function writeMembers(address[] calldata accounts) external {
        uint32 epoch = _clock.epoch + 1;
        if (_epochs[epoch].seed == 0) revert NotSeeded(epoch);
        _writeMembers(epoch, accounts);
    }

    // ---- called by the protocol --------------------------------------------------------------------------------

    /// @inheritdoc IMembership
    function start(address[] calldata accounts) external onlyModelChain {
        Epoch storage first = _epochs[1];
        uint32 applied = first.warm;
        if (applied < _minimumRing) revert TooFewMembers(applied, _minimumRing);
        uint256 earliest = deployedAt + _startSeconds;
        if (applied < _genesisAccounts.length && block.timestamp < earliest) {
            revert NotEveryGenesisAccount(applied, _genesisAccounts.length, earliest, block.timestamp);
        }
        // There is room for every genesis account, and without a draw all that applied have a place.
        first.warmPlaces = uint16(applied);
        first.frozenAt = uint40(block.timestamp);
        _writeMembers(1, accounts);
        _openEpoch(1, 1);
        _clock.round = 1;
    }

    /// @inheritdoc IMembership
    function openRound(uint32 round) external onlyModelChain returns (uint32 epoch, uint32 members) {
        epoch = _clock.epoch;
        if (round > _epochs[epoch].lastRound) _openEpoch(++epoch, round);
        _clock.round = round;
        if (round == _epochs[epoch].lastRound && _epochs[epoch + 1].frozenAt == 0) _freezeNext(epoch, round);
        members = memberCount(epoch);
    }

    // ---- views -------------------------------------------------------------------------------------------------

    /// @inheritdoc IMembership
    function openEpoch() public view returns (uint32 epoch) {
        epoch = _clock.epoch + 1;
        if (_epochs[epoch].frozenAt != 0) ++epoch;
    }

    /// @inheritdoc IMembership
    function currentEpoch() external view returns (uint32) {
        return _clock.epoch;
    }

    /// @inheritdoc IMembership
    function epochOf(uint32 round) external view returns (uint32 epoch) {
        if (round == 0 || round > _clock.round) return 0;
        epoch = _clock.epoch;
        while (_epochs[epoch].firstRound > round) --epoch;
    }

    /// @inheritdoc IMembership
    function epochAt(uint32 epoch) external view returns (Epoch memory) {
        return _epochs[epoch];
    }

    /// @inheritdoc IMembership
    function applicationOf(uint32 epoch, address account) external view returns (Application memory) {
        uint256 key = _keys[epoch][account];
        Applicant storage applicant = _applicants[epoch][key];
        return Application({number: applicant.number, warm: applicant.warm, key: key});
    }

    /// @inheritdoc IMembership
    function isDrawn(uint32 epoch, address account) public view returns (bool) {
        uint256 key = _keys[epoch][account];
        if (key == 0) return false;
        Epoch memory drawn = _epochs[epoch];
        if (drawn.seed == 0 && drawn.code == address(0)) return false;
        Applicant memory applicant = _applicants[epoch][key];
        return _hasPlace(drawn, applicant, Draw.key(_modelChain, drawn.seed, applicant.warm));
    }

    /// @inheritdoc IMembership
    function isMember(uint32 epoch, address account) public view returns (bool) {
        return _epochs[epoch].code != address(0) && isDrawn(epoch, account);
    }

    /// @inheritdoc IMembership
    function memberCount(uint32 epoch) public view returns (uint32) {
        Epoch storage written = _epochs[epoch];
        return written.code == address(0) ? 0 : uint32(written.warmPlaces) + written.coldPlaces;
    }

    /// @inheritdoc IMembership
    function ring(uint32 epoch) external view returns (uint256[] memory) {
        address code = _epochs[epoch].code;
        if (code == address(0)) revert MembersNotWritten(epoch);
        return CodeStorage.read(code);
    }

    /// @inheritdoc IStakes
    function stakeFreeFrom(address account) public view override(IStakes, Stakes) returns (uint32 round) {
        Stake memory stake = _stakes[account];
        if (stake.lastRound != 0) round = stake.lastRound + uint32(_standingRounds) + 1;
        for (uint32 epoch = stake.lastEpoch; epoch != 0; --epoch) {
            Epoch storage past = _epochs[epoch];
            uint32 free = past.lastRound + uint32(_standingRounds) + 1;
            bool hasOpened = past.firstRound != 0;
            // Earlier epochs ended earlier still.
            if (hasOpened && free <= _clock.round) break;
            if (past.code == address(0) && _keys[epoch][account] != 0) return type(uint32).max;
            if (!isDrawn(epoch, account)) continue;
            if (!hasOpened) return type(uint32).max;
            if (free > round) round = free;
        }
    }

    /// @inheritdoc IMembership
    function genesisAccounts() external view returns (address[] memory) {
        return _genesisAccounts;
    }

    /// @inheritdoc IMembership
    function genesisIsWarm() external view returns (bool) {
        return _clock.genesisIsWarm;
    }

    // ---- how it is done ----------------------------------------------------------------------------------------

    /// @inheritdoc Stakes
    function _collectingRound() internal view override returns (uint32) {
        return _clock.round;
    }

    /// @dev The next epoch, which must be frozen and have no seed yet.
    function _frozen() private view returns (uint32 epoch, Epoch storage next) {
        epoch = _clock.epoch + 1;
        next = _epochs[epoch];
        if (next.frozenAt == 0) revert NotFrozen(epoch);
        if (next.seed != 0) revert AlreadySeeded(epoch);
    }

    function _openEpoch(uint32 epoch, uint32 round) private {
        Epoch storage opened = _epochs[epoch];
        if (opened.code == address(0)) revert MembersNotWritten(epoch);
        opened.firstRound = round;
        opened.lastRound = uint32(round + _epochRounds - 1);
        _clock.epoch = epoch;
    }

    /// @dev The running epoch's last round opens.
    function _freezeNext(uint32 running, uint32 round) private {
        Epoch storage next = _epochs[running + 1];
        (uint256 warmPlaces, uint256 coldPlaces) = Draw.places(next.warm, next.cold, _maximumMembers, _minimumRing);
        if (warmPlaces + coldPlaces < _minimumRing) {
            _epochs[running].lastRound = round + 1;
            emit EpochExtended(running, round + 1);
            return;
        }
        // At most maximumMembers.
        next.warmPlaces = uint16(warmPlaces);
        next.coldPlaces = uint16(coldPlaces);
        next.frozenAt = uint40(block.timestamp);
        if (next.ownWarm >= _minimumRing) _clock.genesisIsWarm = false;
        emit EpochFrozen(running + 1, next.warm, next.cold, uint32(warmPlaces), uint32(coldPlaces));
    }

    function _writeMembers(uint32 epoch, address[] calldata accounts) private {
        Epoch memory drawn = _epochs[epoch];
        if (drawn.code != address(0)) revert AlreadyWritten(epoch);
        uint256 places = uint256(drawn.warmPlaces) + drawn.coldPlaces;
        if (accounts.length != places) revert WrongMemberCount(accounts.length, places);
        bytes32 warmKey = Draw.key(_modelChain, drawn.seed, true);
        bytes32 coldKey = Draw.key(_modelChain, drawn.seed, false);
        mapping(address account => uint256) storage keyOf = _keys[epoch];
        mapping(uint256 key => Applicant) storage applicants = _applicants[epoch];
        uint256[] memory members = new uint256[](places);
        uint256 previous;
        for (uint256 i; i < places; ++i) {
            uint256 key = keyOf[accounts[i]];
            Applicant memory applicant = applicants[key];
            // Without an application the key is 0, and its number too.
            if (!_hasPlace(drawn, applicant, applicant.warm ? warmKey : coldKey)) {
                revert NotDrawn(epoch, accounts[i]);
            }
            // So no member is there twice.
            if (key <= previous) revert NotAscending(i, key, previous);
            previous = key;
            members[i] = key;
        }
        address code = CodeStorage.write(members);
        _epochs[epoch].code = code;
        emit MembersWritten(epoch, code, accounts);
    }

    /// @dev Whether the draw gave an applicant a place.
    /// @param drawn its epoch, frozen
    /// @param applicant number 0 if there is none
    /// @param drawKey key of the permutation of the warm or the cold, as the applicant is
    function _hasPlace(Epoch memory drawn, Applicant memory applicant, bytes32 drawKey) private pure returns (bool) {
        if (applicant.number == 0) return false;
        (uint256 applicants, uint256 places) =
            applicant.warm ? (drawn.warm, drawn.warmPlaces) : (drawn.cold, drawn.coldPlaces);
        return places == applicants || Draw.isDrawn(drawKey, applicant.number - 1, applicants, places);
    }
}
