# A few locked people whose devices go on trying.
"$SPRAYWATCH" gen --shape graph --people 300 --days 10 --noise lockout_echo
