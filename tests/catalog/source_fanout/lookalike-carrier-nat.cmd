# All phones behind two addresses of each carrier.
"$SPRAYWATCH" gen --shape graph --people 1000 --days 7 --noise carrier_nat
