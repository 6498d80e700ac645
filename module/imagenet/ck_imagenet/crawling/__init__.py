"""Many fetches at once: in one process, in several, on many machines."""
