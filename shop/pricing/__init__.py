"""What a purchase costs. Pure: no database, no clock, no language. `quote.quote` is the only place that adds up."""
