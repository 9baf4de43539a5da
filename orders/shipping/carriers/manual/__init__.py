"""Staff say where a parcel is."""
