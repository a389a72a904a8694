"""The reader of tables: packed bytes, lines, columns, and a fast way through them; neither plane's, and without torch.

Files are read by pyarrow where all is well, and by our own reader where a fault has to be found to its line.
"""
