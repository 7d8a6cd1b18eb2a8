"""The HTTP door: routes read a request, open a transaction, call one action and shape its answer."""
