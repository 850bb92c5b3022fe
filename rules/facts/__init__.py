"""The nouns of the domain as frozen values; nothing here decides anything."""
