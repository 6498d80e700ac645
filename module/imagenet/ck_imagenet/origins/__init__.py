"""Where a synset's list comes from."""
