"""One module a language: a JSON Schema in, a type declaration out."""
