"""The workers: a loop that is dull, and the list of the steps that it takes."""
