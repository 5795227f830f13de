# A botnet that uses basic authentication in the non-interactive log.
"$SPRAYWATCH" gen --shape graph --people 400 --days 5 --noise none --attack noninteractive_botnet:start=2
