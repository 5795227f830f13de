# Every sign-in fails with one error for forty minutes.
"$SPRAYWATCH" gen --shape graph --people 1000 --days 14 --noise idp_outage
