# The people who were tried come back from where they always are: nobody's password is found.
python3 "$SUPPORT/signins.py" \
    'count=30 start=2024-01-25T08:00:00Z step=600 user=user{n%15}@fabrikam.example code=0 ip=198.51.100.{n%15} agent=Edge' \
    'count=14 start=2024-02-01T03:00:00Z' \
    'count=14 start=2024-02-01T08:00:00Z step=60 code=0 ip=198.51.100.{n} agent=Edge'
