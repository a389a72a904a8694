"""LSC4Rec (KDD 2025, arXiv 2501.05647): a large recommender in the cloud and a small one on the device."""
