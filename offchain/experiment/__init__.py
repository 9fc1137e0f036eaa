"""The paper's experiment: nodes of one process make blocks through the whole protocol, measured."""
