// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Standing: the right to attest, counted without ever listing the accounts.
/// @notice It lasts for a number of counted rounds. How many have been counted is the tick, from 1; a round is
/// attested by the accounts whose standing ends after the tick at which it closed. Whoever opens the statement that a
/// quiet block follows keeps its standing one tick longer; that is added when the account is next looked at.
library Standing {
    /// @notice So many accounts have standing at most: as many may stand behind a statement that falls, all of whose
    /// stakes go in the transaction that disproves it.
    uint32 internal constant MAXIMUM = 256;

    /// @notice An account's standing.
    /// @param end first tick at which it has none any more; 1 if it never had, 0 if it is not enrolled
    /// @param opened last round in which it opened a statement while it had standing; 0: none
    struct Entry {
        uint32 end;
        uint32 opened;
        bytes32 statement; // what it opened there
    }

    /// @notice Who has standing.
    /// @param entries by account
    /// @param expiring number of accounts whose standing ends at a tick
    /// @param kept the statement that a quiet block of a round followed; 0: none did
    /// @param openers accounts with standing that opened a statement in a round, by the tick at which theirs ends
    /// @param tick rounds counted so far, and 1
    /// @param frozen the tick when the last round closed
    /// @param count accounts with standing in that round, and those that gained it since
    struct Ledger {
        mapping(address account => Entry) entries;
        mapping(uint32 tick => uint32 accounts) expiring;
        mapping(uint32 round => bytes32 statement) kept;
        mapping(uint32 round => mapping(bytes32 statement => mapping(uint32 end => uint32 accounts))) openers;
        uint32 tick;
        uint32 frozen;
        uint32 count;
    }

    /// @notice Makes room for an account's standing: whoever grants it then pays a fifth of the gas.
    /// @param self the ledger
    /// @param account who may gain it
    function enrol(Ledger storage self, address account) internal {
        if (self.entries[account].end == 0) self.entries[account].end = 1;
    }

    /// @notice Counts a round.
    /// @param self the ledger
    function countRound(Ledger storage self) internal {
        ++self.tick;
    }

    /// @notice A round closes: takes the accounts off whose standing has ended.
    /// @param self the ledger
    /// @return number of accounts with standing in it
    function freeze(Ledger storage self) internal returns (uint32) {
        // Between two closings one round was over, so that at most one tick has passed.
        if (self.tick != self.frozen) {
            self.frozen = self.tick;
            uint32 ended = self.expiring[self.tick];
            if (ended != 0) self.count -= ended;
        }
        return self.count;
    }

    /// @notice Gives accounts standing, or renews it.
    /// @param self the ledger
    /// @param accounts who get it, best first, each once
    /// @param ticks for how many
    /// @param places how many of them may be without standing so far, as far as MAXIMUM allows; the rest get none
    /// @return granted the accounts that have it now, in the same order
    function grant(Ledger storage self, address[] memory accounts, uint32 ticks, uint256 places)
        internal
        returns (address[] memory granted)
    {
        uint32 end = self.tick + ticks;
        uint32 gained;
        uint256 filled;
        if (places > MAXIMUM - self.count) places = MAXIMUM - self.count;
        granted = new address[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            uint32 current = endOf(self, accounts[i]);
            if (current > self.frozen) {
                self.expiring[current] -= 1;
            } else {
                if (gained == places) continue;
                ++gained;
            }
            Entry storage entry = self.entries[accounts[i]];
            (entry.end, entry.opened) = (end, 0);
            granted[filled++] = accounts[i];
        }
        self.expiring[end] += uint32(filled);
        self.count += gained;
        assembly ("memory-safe") {
            // Shortens the array to what is filled: a copy would cost as much as the array again. Safe: it only ever
            // gets shorter than what was allocated.
            mstore(granted, filled)
        }
    }

    /// @notice An account opens a statement. Without standing nothing happens.
    /// @param self the ledger
    /// @param account who opens
    /// @param round the round in competition
    /// @param statement what it states
    function open(Ledger storage self, address account, uint32 round, bytes32 statement) internal {
        uint32 end = endOf(self, account);
        if (end <= self.frozen) return;
        self.entries[account] = Entry({end: end, opened: round, statement: statement});
        self.openers[round][statement][end] += 1;
    }

    /// @notice A quiet block follows a statement: who opened it keeps its standing one tick longer.
    /// @param self the ledger
    /// @param round the round of the block
    /// @param statement the statement
    /// @param ticks for how many ticks standing is granted: none ends later than that from now
    function keep(Ledger storage self, uint32 round, bytes32 statement, uint32 ticks) internal {
        self.kept[round] = statement;
        for (uint32 end = self.tick + ticks; end > self.frozen; --end) {
            uint32 openers = self.openers[round][statement][end];
            if (openers == 0) continue;
            self.expiring[end] -= openers;
            self.expiring[end + 1] += openers;
        }
    }

    /// @notice Takes an account's standing away.
    /// @param self the ledger
    /// @param account whose
    /// @return whether it had any
    function drop(Ledger storage self, address account) internal returns (bool) {
        uint32 current = endOf(self, account);
        if (current <= self.frozen) return false;
        Entry storage entry = self.entries[account];
        if (entry.opened != 0 && self.kept[entry.opened] == 0) {
            // Its round may still end in a quiet block, which moves those that are counted here.
            self.openers[entry.opened][entry.statement][current] -= 1;
        }
        self.expiring[current] -= 1;
        self.count -= 1;
        (entry.end, entry.opened) = (1, 0);
        return true;
    }

    /// @notice Whether an account has standing in the round that closed last.
    /// @param self the ledger
    /// @param account the account
    /// @return true if it has
    function has(Ledger storage self, address account) internal view returns (bool) {
        return self.frozen < endOf(self, account);
    }

    /// @notice The tick at which an account's standing ends.
    /// @param self the ledger
    /// @param account the account
    /// @return end 0 or 1 if it never had any
    function endOf(Ledger storage self, address account) internal view returns (uint32 end) {
        Entry storage entry = self.entries[account];
        end = entry.end;
        uint32 opened = entry.opened;
        if (opened != 0) {
            bytes32 kept = self.kept[opened];
            if (kept != 0 && kept == entry.statement) ++end;
        }
    }
}
