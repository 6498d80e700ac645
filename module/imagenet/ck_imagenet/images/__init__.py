"""What bytes are: a picture worth keeping, or the reason why not."""
