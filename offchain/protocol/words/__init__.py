"""What is spoken of: parameters, status, records, transactions, actions."""
