"""What strangers send: addresses, replies over HTTP, text that is shown."""
