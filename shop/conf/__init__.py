"""The settings by subject. Each module reads its part of the environment; `shop.settings` puts them together."""
