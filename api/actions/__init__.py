"""One verb per file; HTTP, the command line and notebooks are three thin doors on the same verbs."""
