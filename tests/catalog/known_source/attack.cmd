# A spray; a month later a right password comes from its address, with another program.
python3 "$SUPPORT/signins.py" \
    'count=12 step=20' \
    'start=2024-03-01T09:00:00Z user=other@fabrikam.example agent=Edge-120 client=office code=50076'
