# More people sign in from an address than fail to.
python3 "$SUPPORT/signins.py" \
    'count=20 step=10 code=0 ip=198.51.100.4 agent=Edge' \
    'count=12 step=15 start=2024-02-01T09:00:30Z user=other{n}@fabrikam.example ip=198.51.100.4 agent=Edge'
