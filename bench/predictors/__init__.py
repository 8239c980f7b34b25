"""The predictors that others publish or sell, each from its formula, to hold Ringback's estimate against."""
