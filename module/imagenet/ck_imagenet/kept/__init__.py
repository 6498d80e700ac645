"""What is on disk: pictures, the journal, numbers, and what readers make of them."""
