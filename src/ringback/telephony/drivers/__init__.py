"""The voice drivers. None knows another; each passes the same contract suite."""
