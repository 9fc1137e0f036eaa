"""Commands of the command line, one module each; `offchain.cli` imports them when they run."""
