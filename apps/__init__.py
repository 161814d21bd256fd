"""Sample apps of the 1+N+x ecosystem, each posting statements as a vendor's app would."""
