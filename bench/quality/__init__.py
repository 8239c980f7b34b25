"""How good the estimates are: simulated days, predictors beside each other, and a score for each."""
