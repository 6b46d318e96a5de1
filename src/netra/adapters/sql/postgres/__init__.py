"""Transactions over psycopg: pool, statement batches, deadlines and the server's clock."""
