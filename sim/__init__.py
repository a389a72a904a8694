"""The timing plane: WHEN things happen. It knows times, sizes and names, never a tensor."""
