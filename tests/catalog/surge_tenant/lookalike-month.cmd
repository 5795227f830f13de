# Four weeks with every look-alike at once.
"$SPRAYWATCH" gen --shape graph --people 300 --days 28 --noise all
