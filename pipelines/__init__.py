"""The world: readers, archive, ledger, snapshots, flows and the command line.

What must be said before Polars is loaded is said here: how it keeps the memory it frees.
"""

import os

# Memory touched for the first time costs the system more than what is done with it. With an arena per core, not four,
# and five seconds before it is given back, not half of one, the next step takes what the last one had.
_MEMORY = f"narenas:{os.cpu_count()},dirty_decay_ms:5000,muzzy_decay_ms:0"
os.environ.setdefault("_RJEM_MALLOC_CONF", _MEMORY)
