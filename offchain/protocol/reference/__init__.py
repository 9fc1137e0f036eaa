"""An executable specification of the contracts in plain Python, state and all.

`ReferenceChain` does what Membership, DataRegistry, ModelChain, ModelTransactions, Attestations,
BlockProduction, Rewards and Heat do together, integer by integer, event by event, error by error
(`Revert`); one module for each contract. It is written to be read beside the contracts and to be
compared with them: property tests drive both with the same random transactions. Nodes do not run
it.

What it leaves out: gas, the addresses of code pages, transfers that a receiver refuses, the calls
that only another contract may make, and integer overflow (points and times are taken to be far
below their types' ends).
"""
