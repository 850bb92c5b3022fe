"""The one vocabulary: every verb is a class that reads and spells itself and says what it does to a ticket.

`base` holds the mechanism, `values` what stands after a verb, and each family of verbs has a file. Import `rules.actions.all`
to have every verb registered.
"""
