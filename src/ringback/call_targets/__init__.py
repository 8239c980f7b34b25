"""Call targets: lines of business with their own queue, hours and callback settings."""
