"""`manage.py serve`: the whole shop in one command, made of the same processes as on many hosts."""
