"""The Scheduler API: five endpoints, their contract as data, and what serves them."""
