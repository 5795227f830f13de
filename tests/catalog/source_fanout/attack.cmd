# MSOLSpray from one address into a company at work.
"$SPRAYWATCH" gen --shape graph --people 300 --days 4 --noise none --attack msolspray:start=2
