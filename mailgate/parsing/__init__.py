"""Bytes into a `Mail`: MIME, charsets, HTML, bounces, and the process that reads under limits."""
