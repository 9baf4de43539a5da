"""What shoppers ask the shop, and what staff answer: a conversation for each order, and for each form without one."""
