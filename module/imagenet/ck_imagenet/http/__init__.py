"""One request: URLs to addresses, connections, headers, bodies, and one typed failure."""
