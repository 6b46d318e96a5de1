"""What the domain asks of the outside: one Protocol a file, its docstring the contract.

A store is asked for any text, and has nothing under one that cannot be kept (`domain/texts.py`). It is
given none to keep: services refuse it, or put it into other words.
"""
