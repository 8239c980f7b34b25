"""A contact centre in fast motion: days of one call target, played in seconds with the decisions of the product itself.

Callers, customers and agents are simulated (``arrivals.py`` and the simulated telephone network); what is promised, who
is called when, and how two people get connected is decided by the same code that does it in earnest: the forecast, the
dispatcher's plan and pacing, the call flow. Only the database is missing.
"""
