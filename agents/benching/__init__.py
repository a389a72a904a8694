"""What the simulator's speed is measured against: torch on its own, and the design that would come to mind first."""
