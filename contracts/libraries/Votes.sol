// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {Arrays} from "@openzeppelin/contracts/utils/Arrays.sol";
import {MerkleTree} from "./MerkleTree.sol";

/// @title The two votes of the voices (the paper's algorithm 3).
/// @notice Vote 1 is the data set that a voice names; vote 2, of the voices that name the data set D, the previous
/// block. A nomination is what one or more voices name alike: a Merkle tree of their model transactions, best first.
/// Nominations stand in order of their number of votes, then of their best voice, in a tree over their roots.
library Votes {
    /// @notice What a voice names.
    /// @param id the identifier of its model transaction
    /// @param dataRoot vote 1
    /// @param previousBlock vote 2
    struct Ballot {
        bytes32 id;
        bytes32 dataRoot;
        bytes32 previousBlock;
    }

    /// @notice What the votes come to.
    /// @param isQuiet whether the head's best model stays: no voice names D and the head, or at least half of all
    /// voices name otherwise
    /// @param best position, among the voices, of the first that names D and the head; the number of voices if there
    /// is none
    /// @param agreeing voices that name D and the head
    /// @param dataVoteRoot root over the nominations of vote 1
    /// @param blockVoteRoot root over the nominations of vote 2
    struct Outcome {
        bool isQuiet;
        uint256 best;
        uint256 agreeing;
        bytes32 dataVoteRoot;
        bytes32 blockVoteRoot;
    }

    /// @notice Counts the votes.
    /// @dev Time grows with the voices times the different nominations: bound their number before.
    /// @param voices best first
    /// @param dataRoot root of the data set D
    /// @param head hash of the last block
    /// @return outcome what they come to
    function count(Ballot[] memory voices, bytes32 dataRoot, bytes32 head)
        internal
        pure
        returns (Outcome memory outcome)
    {
        uint256 size = voices.length;
        bytes32[] memory ids = new bytes32[](size);
        bytes32[] memory names = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            (ids[i], names[i]) = (voices[i].id, voices[i].dataRoot);
        }
        outcome.dataVoteRoot = nominationsRoot(ids, names, size);

        uint256 naming;
        outcome.best = size;
        for (uint256 i; i < size; ++i) {
            Ballot memory ballot = voices[i];
            if (ballot.dataRoot != dataRoot) continue;
            (ids[naming], names[naming]) = (ballot.id, ballot.previousBlock);
            ++naming;
            if (ballot.previousBlock != head) continue;
            if (outcome.agreeing++ == 0) outcome.best = i;
        }
        outcome.blockVoteRoot = nominationsRoot(ids, names, naming);
        outcome.isQuiet = 2 * outcome.agreeing <= size;
    }

    /// @notice Root over the roots of nominations.
    /// @param ids identifiers of the voices' model transactions, best first
    /// @param names what each voice names
    /// @param size how many of them count, from the first
    /// @return the root; that of no leaves if there is no voice
    function nominationsRoot(bytes32[] memory ids, bytes32[] memory names, uint256 size)
        internal
        pure
        returns (bytes32)
    {
        // Nominations in order of their best voice: what is named, the number of votes, the first and the last voice.
        // Each voice's `next` is the next one of its nomination.
        bytes32[] memory nominated = new bytes32[](size);
        uint256[] memory votes = new uint256[](size);
        uint256[] memory first = new uint256[](size);
        uint256[] memory last = new uint256[](size);
        uint256[] memory next = new uint256[](size);
        uint256 nominations;
        for (uint256 i; i < size; ++i) {
            bytes32 name = names[i];
            uint256 nomination;
            // No number here is above `size`, and no nomination is looked at that is not there yet.
            unchecked {
                while (nomination < nominations && Arrays.unsafeMemoryAccess(nominated, nomination) != name) {
                    ++nomination;
                }
                if (nomination == nominations) {
                    nominated[nominations++] = name;
                    first[nomination] = i;
                } else {
                    next[last[nomination]] = i;
                }
                last[nomination] = i;
                ++votes[nomination];
            }
        }

        bytes32[] memory roots = new bytes32[](nominations);
        for (uint256 nomination; nomination < nominations; ++nomination) {
            bytes32[] memory leaves = new bytes32[](votes[nomination]);
            uint256 voice = first[nomination];
            for (uint256 i; i < leaves.length; ++i) {
                (leaves[i], voice) = (ids[voice], next[voice]);
            }
            roots[nomination] = MerkleTree.root(leaves);
        }
        _sortByVotes(roots, votes);
        return MerkleTree.root(roots);
    }

    /// @dev Most votes first; of equal numbers the earlier stays the earlier.
    function _sortByVotes(bytes32[] memory roots, uint256[] memory votes) private pure {
        for (uint256 i = 1; i < roots.length; ++i) {
            (bytes32 root, uint256 number) = (roots[i], votes[i]);
            uint256 place = i;
            for (; place != 0 && votes[place - 1] < number; --place) {
                (roots[place], votes[place]) = (roots[place - 1], votes[place - 1]);
            }
            (roots[place], votes[place]) = (root, number);
        }
    }
}
