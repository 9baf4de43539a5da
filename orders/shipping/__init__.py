"""Parcels: what is sent, by whom, and what their carriers say of them."""
