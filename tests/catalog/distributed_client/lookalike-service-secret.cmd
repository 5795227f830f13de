# Programs that were not told of a new secret.
"$SPRAYWATCH" gen --shape graph --people 300 --days 10 --noise service_secret
