"""What every room stands on: errors, outcomes, names, options, URLs and lists of them, files."""
