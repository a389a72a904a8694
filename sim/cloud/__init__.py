"""The cloud: requests wait for a server and are served."""
