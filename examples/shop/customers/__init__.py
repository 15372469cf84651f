"""The shop's customers: what they do, how many come, and an exact account of the answers they got."""
