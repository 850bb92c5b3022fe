"""What time alone asks for: reminders, waiting tickets, the archive."""
