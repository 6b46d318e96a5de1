"""What the domain asks of the outside: one Protocol a file, its docstring the contract."""
