"""Federated methods: devices learn from their own data, and the cloud combines what they have learnt."""
