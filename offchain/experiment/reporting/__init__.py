"""What an experiment measured: figures of a block, results, page and picture."""
