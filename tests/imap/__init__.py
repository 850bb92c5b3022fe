"""The IMAP door against a real Dovecot, and against a server that misbehaves on demand."""
