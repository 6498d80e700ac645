"""What people see: tables, progress, sentences."""
