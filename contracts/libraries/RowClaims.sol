// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {IAttestations} from "../interfaces/IAttestations.sol";
import {MergeSort} from "./MergeSort.sol";
import {Tags} from "./Tags.sol";

/// @title Whether what stands behind a row leads to what the row says.
/// @notice A row packed has for each data transaction of D its points and squares, uint32 each, big-endian. n is the
/// number of data transactions in D, k how many extremes a middle M leaves out at either end, less than half of n. A
/// middle is a sum of at most 128 numbers below 2^32.
library RowClaims {
    /// @dev Bytes of a number, and of the points and squares of a data transaction.
    uint256 private constant NUMBER = 4;
    uint256 private constant PLACE = 8;

    /// @dev Added to a difference of points, so that it can be sorted: points are below it.
    uint256 private constant OFFSET = 1 << 32;

    /// @notice The bytes have not as many numbers as there have to be.
    /// @param given how many bytes there are
    /// @param expected how many there have to be
    error WrongLength(uint256 given, uint256 expected);

    /// @notice The bytes are not what the row's hash is over, or the distances not those of an answer.
    /// @param given hash of what was given
    /// @param expected what it would have to be
    error NotTheRow(bytes32 given, bytes32 expected);

    /// @notice The row's sums are others.
    /// @param middle M of its points
    /// @param net M of its points less the baseline's
    /// @param spread M of its squares
    error WrongSums(uint256 middle, int256 net, uint256 spread);

    /// @notice Requires that bytes have as many numbers as there have to be.
    /// @dev Reverts with WrongLength.
    /// @param packed the bytes
    /// @param expected how many there have to be
    function requireLength(bytes calldata packed, uint256 expected) internal pure {
        if (packed.length != expected) revert WrongLength(packed.length, expected);
    }

    /// @notice H("row", round, packed).
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param packed the row's points and squares
    /// @return the row's hash
    function rowHash(address modelChain, uint32 round, bytes calldata packed) internal view returns (bytes32) {
        return keccak256(abi.encode(Tags.ROW, block.chainid, modelChain, round, packed));
    }

    /// @notice Requires that bytes are what a row's hash is over; none where the row is empty, as the baseline's is
    /// while there is no best model.
    /// @dev Reverts with WrongLength or NotTheRow.
    /// @param modelChain address of the model chain
    /// @param round the round
    /// @param hash the row's
    /// @param packed its points and squares
    /// @param transactions n
    function requireRow(address modelChain, uint32 round, bytes32 hash, bytes calldata packed, uint256 transactions)
        internal
        view
    {
        requireLength(packed, hash == 0 ? 0 : transactions * PLACE);
        if (hash == 0) return;
        bytes32 given = rowHash(modelChain, round, packed);
        if (given != hash) revert NotTheRow(given, hash);
    }

    /// @notice Requires that a row's sums are those of what is behind it.
    /// @dev Reverts with WrongSums.
    /// @param row the row
    /// @param ofRow its points and squares
    /// @param ofBaseline the baseline's; none: its points are zeros
    /// @param transactions n
    /// @param trimmed k
    function requireSums(
        IAttestations.Row calldata row,
        bytes calldata ofRow,
        bytes calldata ofBaseline,
        uint256 transactions,
        uint256 trimmed
    ) internal pure {
        uint256[] memory points = new uint256[](transactions);
        uint256[] memory differences = new uint256[](transactions);
        uint256[] memory squares = new uint256[](transactions);
        for (uint256 place; place < transactions; ++place) {
            (points[place], squares[place]) = at(ofRow, place);
            differences[place] = points[place] + OFFSET - pointsAt(ofBaseline, place);
        }
        uint256 middle = _middle(points, trimmed);
        // Sums of at most 128 numbers below 2^33: no conversion cuts anything off.
        int256 net = int256(_middle(differences, trimmed)) - int256((transactions - 2 * trimmed) * OFFSET);
        uint256 spread = _middle(squares, trimmed);
        if (middle != row.middle || net != row.net || spread != row.spread) revert WrongSums(middle, net, spread);
    }

    /// @notice M of the distances of two models.
    /// @dev Reverts with WrongLength.
    /// @param distances at each place, uint32 each
    /// @param transactions n
    /// @param trimmed k
    /// @return M
    function middleDistance(bytes calldata distances, uint256 transactions, uint256 trimmed)
        internal
        pure
        returns (uint256)
    {
        requireLength(distances, transactions * NUMBER);
        uint256[] memory numbers = new uint256[](transactions);
        for (uint256 place; place < transactions; ++place) {
            numbers[place] = distanceAt(distances, place);
        }
        return _middle(numbers, trimmed);
    }

    /// @notice The points and squares at a place.
    /// @param packed a row packed
    /// @param place below n
    /// @return points sum of the model's points there
    /// @return squares sum of the squares of what they differ from the baseline's
    function at(bytes calldata packed, uint256 place) internal pure returns (uint32 points, uint32 squares) {
        uint64 both = uint64(bytes8(packed[place * PLACE:place * PLACE + PLACE]));
        return (uint32(both >> 32), uint32(both));
    }

    /// @notice The points at a place; 0 where nothing stands behind the row.
    /// @param packed a row packed
    /// @param place below n
    /// @return sum of the model's points there
    function pointsAt(bytes calldata packed, uint256 place) internal pure returns (uint32 sum) {
        if (packed.length != 0) (sum,) = at(packed, place);
    }

    /// @notice The distance at a place.
    /// @param distances uint32 each
    /// @param place below n
    /// @return it
    function distanceAt(bytes calldata distances, uint256 place) internal pure returns (uint32) {
        return uint32(bytes4(distances[place * NUMBER:place * NUMBER + NUMBER]));
    }

    /// @dev Sum of the numbers without the k lowest and the k highest.
    function _middle(uint256[] memory numbers, uint256 trimmed) private pure returns (uint256 sum) {
        uint256 end = numbers.length - trimmed;
        uint256[] memory ascending = MergeSort.sorted(numbers, numbers.length);
        for (uint256 i = trimmed; i < end; ++i) {
            sum += ascending[i];
        }
    }
}
