"""Where lists of URLs and copies of pictures come from."""
