"""What is stored and who may see it: tables, import, the date and permission of every read."""
