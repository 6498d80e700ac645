"""What bytes are: a picture worth keeping, or why not."""
