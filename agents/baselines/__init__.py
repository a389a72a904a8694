"""What the speed of the simulator is compared with."""
