"""Values that import nothing of ours and do no IO."""
