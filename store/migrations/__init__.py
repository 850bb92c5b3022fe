"""Steps from one shape of the database to the next, run by `store.migrate`. One step a file in `versions/`; a released one is never edited.

There are no steps back: `mailgate db backup` before an upgrade is the way back. A SQLite step that rebuilds a table (`batch_alter_table`)
loses that table's triggers and has to make them again; the test that compares a migrated database with a new one notices.
"""
