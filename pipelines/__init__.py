"""The world: readers, archive, ledger, snapshots, flows and the command line."""
