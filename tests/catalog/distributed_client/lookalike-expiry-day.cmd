# A quarter of the passwords expire on one morning.
"$SPRAYWATCH" gen --shape graph --people 1000 --days 14 --noise expiry_day
