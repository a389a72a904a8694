"""DUET (WWW 2023, arXiv 2209.05227): heads generated in the cloud; its first version was called MetaNetwork."""
