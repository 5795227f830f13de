# Somebody mistypes twice and gets in.
python3 "$SUPPORT/signins.py" \
    'count=2 user=ada@fabrikam.example ip=198.51.100.4 agent=Edge' \
    'start=2024-02-01T09:02:00Z user=ada@fabrikam.example ip=198.51.100.4 agent=Edge code=0'
