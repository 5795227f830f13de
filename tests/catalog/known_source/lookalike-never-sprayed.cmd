# The same a month after nothing: two right passwords, and three failures, from a new address.
python3 "$SUPPORT/signins.py" \
    'count=6 step=20' \
    'start=2024-03-01T09:00:00Z user=other@fabrikam.example agent=Edge-120 client=office code=50076' \
    'count=3 start=2024-03-02T09:00:00Z step=9000 user=other{n}@fabrikam.example agent=Edge-120 client=office'
