"""The EVM chain: client, contracts, anvil, wallet: the only package that imports web3."""
