// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Standing: the right to attest, held until a round and counted without ever listing the accounts.
library Standing {
    /// @notice Who has standing.
    /// @param ends first round in which an account has no standing any more; 1 if it never had, 0 if it is not enrolled
    /// @param expiring number of accounts whose standing is over in a round
    /// @param count number of accounts with standing in the round that closed last, and those that gained it since
    struct Ledger {
        mapping(address account => uint32 round) ends;
        mapping(uint32 round => uint32 accounts) expiring;
        uint32 count;
    }

    /// @notice Makes room for an account's standing: whoever grants it then pays a fifth of the gas.
    /// @param self the ledger
    /// @param account who may gain it
    function enrol(Ledger storage self, address account) internal {
        if (self.ends[account] == 0) self.ends[account] = 1;
    }

    /// @notice Gives accounts standing, or renews it.
    /// @param self the ledger
    /// @param accounts who get it, each once
    /// @param round the round in competition
    /// @param untilRound last round in which they have standing; never before what they have
    function grant(Ledger storage self, address[] memory accounts, uint32 round, uint32 untilRound) internal {
        uint32 end = untilRound + 1;
        uint32 gained;
        for (uint256 i; i < accounts.length; ++i) {
            uint32 current = self.ends[accounts[i]];
            if (current > round) self.expiring[current] -= 1;
            else ++gained;
            self.ends[accounts[i]] = end;
        }
        self.expiring[end] += uint32(accounts.length);
        self.count += gained;
    }

    /// @notice Takes the accounts off whose standing is over. Rounds close one after the other, so each is taken once.
    /// @param self the ledger
    /// @param round the round that closes now
    /// @return number of accounts with standing in it
    function expire(Ledger storage self, uint32 round) internal returns (uint32) {
        uint32 ended = self.expiring[round];
        if (ended != 0) self.count -= ended;
        return self.count;
    }

    /// @notice Whether an account has standing.
    /// @param self the ledger
    /// @param account the account
    /// @param round in which round
    /// @return true if it has
    function has(Ledger storage self, address account, uint32 round) internal view returns (bool) {
        return round < self.ends[account];
    }

    /// @notice The last round in which an account has standing.
    /// @param self the ledger
    /// @param account the account
    /// @return 0 if it never had
    function until(Ledger storage self, address account) internal view returns (uint32) {
        uint32 end = self.ends[account];
        return end == 0 ? 0 : end - 1;
    }
}
