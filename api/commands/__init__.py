"""
The command-line door: one module per verb, each with ``register(app)``; found by name, not listed.

A module here reads arguments, opens the door, calls one action and prints. It imports what is heavy
inside the command, so that ``didoi --help`` and every other verb start fast.
"""
