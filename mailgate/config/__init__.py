"""How config.toml is read: positions, kinds of value, patterns, calendars, checks across sections. The door to it is `mailgate.settings`."""
