"""Interfaces between the domain and the outside: one Protocol per file; its docstring is the contract.

A store accepts any text as a search key, and finds nothing for a text that it cannot store
(`domain/texts.py`). Services reject or rewrite such texts, so a store is never given one to keep.
"""
