# Bursts that find many passwords, and sign-ins after them.
"$SPRAYWATCH" gen --shape graph --people 300 --days 4 --noise none --attack fasthttp:start=2
