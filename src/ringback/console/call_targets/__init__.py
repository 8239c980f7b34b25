"""What the pages of call targets are made of: their settings as fields, the form, the hours, the preview."""
