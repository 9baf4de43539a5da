"""AfterShip, which follows parcels at more than a thousand carriers and tells of them by webhook."""
