"""What an ops engineer works on a route with: tests and their coverage, previews, and edits of the route file."""
