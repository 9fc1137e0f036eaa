"""What the contracts say: views, balances, gas, calls made."""
