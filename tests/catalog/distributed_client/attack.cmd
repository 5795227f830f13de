# CredMaster: every request from a new address of one cloud provider.
"$SPRAYWATCH" gen --shape graph --people 400 --days 5 --noise none --attack credmaster:start=2
