"""What stands around a route file while somebody works on it: checks, tests and what editors need to know."""
