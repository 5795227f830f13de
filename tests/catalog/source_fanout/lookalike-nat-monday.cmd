# A company behind one egress address, on Mondays too.
"$SPRAYWATCH" gen --shape graph --people 1000 --days 9 --noise nat_monday
