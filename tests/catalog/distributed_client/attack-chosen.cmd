# Few chosen accounts, a residential address for each attempt.
"$SPRAYWATCH" gen --shape graph --people 400 --days 8 --noise none --attack midnight_blizzard:start=2
