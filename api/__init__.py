"""What a person can ask for: verbs, and the HTTP and command-line doors to them."""
