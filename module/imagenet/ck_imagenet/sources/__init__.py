"""Where lists of URLs and tars of pictures come from."""
