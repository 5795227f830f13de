# Two hundred people on one server.
"$SPRAYWATCH" gen --shape graph --people 600 --days 7 --noise terminal_server
