"""How config.toml is read: its sections (`schema`), places, kinds of value, patterns, calendars, checks. Its door: `mailgate.settings`."""
