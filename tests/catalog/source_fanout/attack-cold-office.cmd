# The log begins two days before an office address is abused: its first user signed in when nobody else
# had, but before the spray and with another program, so no password was found.
python3 "$SUPPORT/signins.py" \
    'count=60 start=2024-01-30T08:00:00Z step=60 code=0 ip=198.51.100.4 agent=Edge' \
    'count=60 start=2024-01-31T08:00:00Z step=60 code=0 ip=198.51.100.4 agent=Edge' \
    'count=40 start=2024-02-01T12:00:00Z step=10 ip=198.51.100.4'
