"""Pictures as other tools read them."""
