"""What lists and pages of the terminal read, in plain SQL. Importing this loads no SQLAlchemy; see `store.plain`."""
