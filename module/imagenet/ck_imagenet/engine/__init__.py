"""Many requests: hosts and their queue, links, workers, and where their results come together."""
