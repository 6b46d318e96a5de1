"""Transactions over psycopg: the pool, batches of statements, deadlines, the server's clock."""
