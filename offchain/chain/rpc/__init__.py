"""A JSON-RPC node: requests, checked replies, its clock."""
