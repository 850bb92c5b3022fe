"""What is kept: tables, the one writer of tickets (`ledger`), received mail (`inbox`), mail to send (`outbox`), people, and the readers.

Rows never leave this package; facts from `rules.facts` do.
"""
