"""REST routes and their JSON shapes."""
