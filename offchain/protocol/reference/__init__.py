"""An executable specification of the contracts in plain Python, state and all.

`ReferenceChain` does what KeyRegistry, DataRegistry, ModelChain and Heat do together, integer by
integer, event by event, error by error (`Revert`). It is written to be read beside the contracts
and to be compared with them: property tests drive both with the same random transactions. Nodes
do not run it.

What it leaves out: gas, the order book of wei beyond bonds, the addresses of code pages,
transfers that a receiver refuses, and integer overflow (scores and times are taken to be far
below their types' ends).
"""
