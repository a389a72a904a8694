"""APG (NeurIPS 2022, arXiv 2203.16218): low-rank heads whose cores are generated in the cloud."""
