"""What is installed beside Python: anvil, the Solidity compiler, Node and its packages."""
