"""The synsets of ImageNet, and which of them a user means."""
