"""The shop on ten hosts, installed as docs/operations.md says, and then killed and cut off host by host: `make hosts`.

Each host is a real Debian with a systemd of its own: a network namespace with a file system that lies over this
machine's, booted by systemd-nspawn.
"""
