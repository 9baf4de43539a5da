"""The list of orders as an address: which orders a filter finds, its facets, and views that people keep of it."""
