"""Mailboxes on IMAP servers: watched, visited, adopted."""
