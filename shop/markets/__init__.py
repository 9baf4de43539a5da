"""Where the shop sells, in which currency, and which tax is due there."""
