"""What an ops engineer works on a route with: tests and their coverage, previews, edits, and what editors need to know."""
