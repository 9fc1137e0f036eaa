"""Full verification: the rules written a second time, content and scores included."""
