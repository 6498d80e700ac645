"""The parts of a download: each synset's errand, and the pool over all of them."""
