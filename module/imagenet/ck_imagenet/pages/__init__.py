"""What there is to see of a synset, as a page."""
