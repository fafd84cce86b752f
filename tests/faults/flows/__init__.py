"""What people, meters and machines do while everything around them is broken; each notes what it was told."""
