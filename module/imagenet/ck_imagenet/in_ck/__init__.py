"""The store's other form: repositories and entries of Collective Knowledge."""
