"""Photos of parcels: taken when they are packed and at the door, seen by those whose order it is."""
