# Three people are locked out; their devices go on trying.
exec "$SPRAYWATCH" gen --shape graph --people 400 --days 5 --noise lockout_echo
