"""The toolbox of the site: requests, sessions, health, files, errors."""
