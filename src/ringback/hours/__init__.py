"""When a call target is open: the settings, and the calendar that they make in a time zone."""
