"""An organization's whole configuration: as one value, and as a file that is applied."""
