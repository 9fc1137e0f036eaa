// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Standing: the right to attest, held until a round and counted without ever listing the accounts.
library Standing {
    /// @notice Who has standing.
    /// @param until last round in which an account has standing; 0 if it never had
    /// @param expiring number of accounts whose standing ends with a round
    /// @param count number of accounts with standing in the round that closed last
    struct Ledger {
        mapping(address account => uint32 round) until;
        mapping(uint32 round => uint32 accounts) expiring;
        uint32 count;
    }

    /// @notice Gives an account standing, or renews it.
    /// @param self the ledger
    /// @param account who gets it
    /// @param round the round in competition
    /// @param untilRound last round in which it has standing; never before what it has
    function grant(Ledger storage self, address account, uint32 round, uint32 untilRound) internal {
        uint32 current = self.until[account];
        if (current >= round) {
            self.expiring[current] -= 1;
        } else {
            self.count += 1;
        }
        self.expiring[untilRound] += 1;
        self.until[account] = untilRound;
    }

    /// @notice Takes the accounts off whose standing ended with the round before. Rounds close one after the other, so
    /// each expiry is taken once.
    /// @param self the ledger
    /// @param round the round that closes now
    /// @return number of accounts with standing in it
    function expire(Ledger storage self, uint32 round) internal returns (uint32) {
        uint32 ended = self.expiring[round - 1];
        if (ended != 0) self.count -= ended;
        return self.count;
    }

    /// @notice Whether an account has standing.
    /// @param self the ledger
    /// @param account the account
    /// @param round in which round
    /// @return true if it has
    function has(Ledger storage self, address account, uint32 round) internal view returns (bool) {
        return self.until[account] >= round;
    }
}
