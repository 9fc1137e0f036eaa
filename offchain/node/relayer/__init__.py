"""The relayer: admits shares of strangers, queues them, sends them in batches."""
