"""The database itself: the private cluster, the migrations, and what every table shares."""
