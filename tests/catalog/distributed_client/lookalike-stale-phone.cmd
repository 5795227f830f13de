# A phone tries its old password every five minutes.
"$SPRAYWATCH" gen --shape graph --people 300 --days 10 --noise stale_phone
