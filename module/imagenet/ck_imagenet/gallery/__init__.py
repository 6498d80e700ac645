"""Pages that show the pictures that are here."""
