"""What is true about land, distance and sectors, whatever is stored: arrays in, arrays out."""
