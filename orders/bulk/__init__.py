"""Many orders take the same edge: a few in the request itself, more of them as a job of the workers."""
