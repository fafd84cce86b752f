"""`countersign demo`: the main job end to end on real data, told in at most forty lines."""
