"""Write the text of the answer from the computed result."""
