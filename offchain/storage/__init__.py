"""Content stores: where payloads and models are kept by their hash."""
