# A conference behind one address for two days.
"$SPRAYWATCH" gen --shape graph --people 600 --days 14 --noise guest_network
