"""Pure functions, frame in, frame out: no disk, no clock, no network. Imports schemas only."""
