"""IntellectReq (WWW 2024, arXiv 2302.07335): a device decides by itself whether asking the cloud would help."""
