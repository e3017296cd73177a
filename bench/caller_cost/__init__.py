"""bench/caller: what logging a record costs the application."""
