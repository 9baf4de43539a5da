"""The page on which somebody packs an order, with a scanner or a phone in the hand."""
