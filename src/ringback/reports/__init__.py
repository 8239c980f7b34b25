"""What callbacks came to, hour by hour: counted once an hour is over, added up when somebody asks."""
