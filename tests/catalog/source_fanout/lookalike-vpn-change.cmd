# Everybody moves to new egress addresses on one morning.
"$SPRAYWATCH" gen --shape graph --people 1000 --days 16 --noise vpn_change
