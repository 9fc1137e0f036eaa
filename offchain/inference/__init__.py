"""Using the model: which chain and store, the head's best model, what it says of samples."""
