// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Standing: the right to attest, held until a round and counted without ever listing the accounts.
library Standing {
    struct Ledger {
        mapping(address account => uint32 round) until; // last round with standing
        mapping(uint32 round => uint32 accounts) expiring; // accounts whose standing ends with a round
        uint32 count; // accounts with standing in the round that closed last
    }

    /// @notice Gives an account standing until `untilRound`, which is never before what it has.
    /// @param round the round in competition
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

    /// @notice Takes the accounts off whose standing ended with the round before `round`, which closes now. Rounds
    /// close one after the other, so each expiry is taken once.
    function expire(Ledger storage self, uint32 round) internal returns (uint32) {
        uint32 ended = self.expiring[round - 1];
        if (ended != 0) self.count -= ended;
        return self.count;
    }

    function has(Ledger storage self, address account, uint32 round) internal view returns (bool) {
        return self.until[account] >= round;
    }
}
