// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title The judge of a task: what one model earns on one sample, computed by the chain itself.
/// @notice A deployment's task names its judge, address(0) if it has none. A judge has no state, no owner and nothing
/// that could be changed: what it answers depends on its arguments and on the task's words, which it was deployed with,
/// alone, for ever, and is to the bit what every node computes.
///
/// Whoever asks hashes the model itself, and takes the record from under a samples root: a judge believes its bytes.
///
/// A record is what nodes made of a payload that they had parsed, so under the samples root of a data transaction that
/// honest nodes judge on, each record is one that its task knows. A sharer may sign any root; nodes compute it again
/// from the parts that were opened, and a data transaction whose root differs is malformed to them: it is reported,
/// and no honest statement has points on it. A record that `points` refuses therefore proves nothing about a model. It
/// can be shown only under a root that honest nodes refused too, and whether such a data transaction counts is decided
/// by reports alone, here as without a judge.
interface IJudge {
    /// @notice The model's bytes are not a model of the task, by what was looked at.
    error MalformedModel();

    /// @notice The record is not one of the task's samples: its length or a value of it is impossible.
    error MalformedRecord();

    /// @notice Whether a file is a model of the task: the very verdict of every node, on any bytes, also on none.
    /// @param model the file
    /// @return true if it is, and may be judged
    function isWellFormed(bytes calldata model) external view returns (bool);

    /// @notice What a model earns on a sample.
    /// @dev Reverts with MalformedModel where the file cannot be read, MalformedRecord where the record cannot. A
    /// judge need not look at all of a model's values, which would cost too much here: of a file that `isWellFormed`
    /// refuses the answer may be any number, and nothing follows from it. No statement of an honest node has points
    /// for such a model; one that has is disproved by `isWellFormed`. Where that refuses a file this is not asked: it
    /// earns nothing. The best model so far can be such a one, by a false statement that nobody disputed.
    /// @param model the file, of which `isWellFormed` holds
    /// @param record the sample's record, as it lies under its samples root
    /// @return the points, 0 to 255
    function points(bytes calldata model, bytes calldata record) external view returns (uint8);

    /// @notice The words of its task that it was deployed with: what it has to know of samples and models. Nodes make
    /// them of the task's file, and take no judge with others.
    /// @return none where it judges one task alone
    function words() external view returns (int256[] memory);
}
