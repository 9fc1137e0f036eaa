// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Standing: the right to attest, held until a time and counted without ever listing the accounts.
/// @notice Time counts the rounds in which there were enough data, plus one: it stands still where a round had too
/// few. An account whose stake is not full is suspended: it keeps its standing but does not count, and acts again from
/// the round that closes after it is resumed, so that the frozen attesters of a round are those that were counted.
library Standing {
    /// @notice Who has standing.
    /// @param holders by account
    /// @param expiring number of accounts, without suspended ones, whose standing ends with a time
    /// @param count number of accounts with standing, without suspended ones, at the time of the last `expire`
    struct Ledger {
        mapping(address account => Holder) holders;
        mapping(uint32 time => uint32 accounts) expiring;
        uint32 count;
    }

    /// @notice An account's standing.
    /// @param until last time at which it has standing; 0 if it never had
    /// @param sinceRound first round in which it acts, as far as suspension goes
    /// @param isSuspended whether its stake is not full
    struct Holder {
        uint32 until;
        uint32 sinceRound;
        bool isSuspended;
    }

    /// @notice Gives an account standing, or renews it. A suspended one gets it too, and counts when it is resumed.
    /// @param self the ledger
    /// @param account who gets it
    /// @param time now
    /// @param untilTime last time at which it has standing, now or later; never before what it has
    function grant(Ledger storage self, address account, uint32 time, uint32 untilTime) internal {
        Holder storage holder = self.holders[account];
        if (!holder.isSuspended) {
            _uncount(self, holder.until, time);
            _count(self, untilTime, time);
        }
        holder.until = untilTime;
    }

    /// @notice Stops an account from counting, from the next freeze on. Suspending it again changes nothing.
    /// @param self the ledger
    /// @param account whose stake is no longer full
    /// @param time now
    function suspend(Ledger storage self, address account, uint32 time) internal {
        Holder storage holder = self.holders[account];
        if (holder.isSuspended) return;
        holder.isSuspended = true;
        _uncount(self, holder.until, time);
    }

    /// @notice Lets an account count again. Nothing changes for one that is not suspended.
    /// @param self the ledger
    /// @param account whose stake is full again
    /// @param time now
    /// @param sinceRound the first round in which it may act: the next one that closes
    function resume(Ledger storage self, address account, uint32 time, uint32 sinceRound) internal {
        Holder storage holder = self.holders[account];
        if (!holder.isSuspended) return;
        holder.isSuspended = false;
        holder.sinceRound = sinceRound;
        _count(self, holder.until, time);
    }

    /// @notice Takes the accounts off whose standing ended before a time. Time passes by at most one between calls.
    /// @param self the ledger
    /// @param time now
    /// @return number of accounts with standing
    function expire(Ledger storage self, uint32 time) internal returns (uint32) {
        uint32 ended = self.expiring[time - 1];
        if (ended != 0) {
            self.count -= ended;
            delete self.expiring[time - 1];
        }
        return self.count;
    }

    /// @notice Whether an account attests.
    /// @param self the ledger
    /// @param account the account
    /// @param time at what time
    /// @param round in which round
    /// @return true if it has standing, is not suspended, and was not resumed too late
    function acts(Ledger storage self, address account, uint32 time, uint32 round) internal view returns (bool) {
        Holder storage holder = self.holders[account];
        return holder.until >= time && !holder.isSuspended && holder.sinceRound <= round;
    }

    function _count(Ledger storage self, uint32 until, uint32 time) private {
        if (until < time) return;
        self.expiring[until] += 1;
        self.count += 1;
    }

    function _uncount(Ledger storage self, uint32 until, uint32 time) private {
        if (until < time) return;
        self.expiring[until] -= 1;
        self.count -= 1;
    }
}
